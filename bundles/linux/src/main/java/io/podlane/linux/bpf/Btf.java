// SPDX-License-Identifier: Apache-2.0
package io.podlane.linux.bpf;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The types of a BPF object, as its .BTF section tells (Documentation/bpf/btf.rst). Also lets a test compare a Java codec
 * with the C structure that it mirrors.
 */
public final class Btf {
    private static final int INT = 1;
    private static final int PTR = 2;
    private static final int ARRAY = 3;
    private static final int STRUCT = 4;
    private static final int UNION = 5;
    private static final int ENUM = 6;
    private static final int TYPEDEF = 8;
    private static final int VOLATILE = 9;
    private static final int CONST = 10;
    private static final int RESTRICT = 11;
    private static final int FUNC_PROTO = 13;
    private static final int VAR = 14;
    private static final int DATASEC = 15;
    private static final int FLOAT = 16;
    private static final int DECL_TAG = 17;
    private static final int TYPE_TAG = 18;
    private static final int ENUM64 = 19;

    private final ByteBuffer data;
    private final int strings;
    private final List<Integer> offsets = new ArrayList<>(List.of(0));

    private Btf(ByteBuffer data) {
        this.data = data;
        int header = data.getInt(4);
        int types = header + data.getInt(8);
        int end = types + data.getInt(12);
        strings = header + data.getInt(16);
        for (int at = types; at < end; at += 12 + extra(at)) {
            offsets.add(at);
        }
    }

    /** Reads the types of an ELF object. */
    public static Btf of(byte[] elf) {
        return new Elf(elf).btf();
    }

    static Btf parse(byte[] section) {
        return new Btf(ByteBuffer.wrap(section).order(ByteOrder.LITTLE_ENDIAN));
    }

    /**
     * A field of a structure.
     *
     * @param offset in bytes from the structure's start
     * @param size in bytes
     */
    public record Field(String name, int offset, int size) {}

    /**
     * A structure.
     *
     * @param size in bytes
     * @param fields in order; those of an anonymous inner structure or union stand among them
     */
    public record Layout(String name, int size, List<Field> fields) {}

    /** A structure by its name. */
    public Optional<Layout> struct(String name) {
        for (int id = 1; id < offsets.size(); id++) {
            if ((kind(id) == STRUCT || kind(id) == UNION) && name(id).equals(name)) {
                var fields = new ArrayList<Field>();
                collect(id, 0, fields);
                return Optional.of(new Layout(name, word(id, 8), List.copyOf(fields)));
            }
        }
        return Optional.empty();
    }

    private void collect(int struct, int base, List<Field> into) {
        for (int i = 0; i < vlen(struct); i++) {
            int at = offsets.get(struct) + 12 + i * 12;
            String name = stringAt(data.getInt(at));
            int type = plain(data.getInt(at + 4));
            int bits = data.getInt(at + 8) & 0xffffff; // the rest is the width of a bit field
            if (name.isEmpty() && (kind(type) == STRUCT || kind(type) == UNION)) {
                collect(type, base + bits / 8, into);
            } else {
                into.add(new Field(name, base + bits / 8, size(type)));
            }
        }
    }

    /** What the declaration of a map says: attribute names to numbers, {@code key} and {@code value} to sizes. */
    Map<String, Map<String, Integer>> maps() {
        var maps = new LinkedHashMap<String, Map<String, Integer>>();
        for (int id = 1; id < offsets.size(); id++) {
            if (kind(id) == DATASEC && name(id).equals(".maps")) {
                for (int i = 0; i < vlen(id); i++) {
                    int var = data.getInt(offsets.get(id) + 12 + i * 12);
                    maps.put(name(var), declaration(plain(word(var, 8))));
                }
            }
        }
        return maps;
    }

    private Map<String, Integer> declaration(int struct) {
        var attributes = new LinkedHashMap<String, Integer>();
        for (int i = 0; i < vlen(struct); i++) {
            int at = offsets.get(struct) + 12 + i * 12;
            String name = stringAt(data.getInt(at));
            int type = plain(data.getInt(at + 4));
            if (kind(type) != PTR) {
                continue; // the array of initial inner maps
            }
            int target = plain(word(type, 8));
            // __uint(name, N) is int (*name)[N]; __type(name, T) is T *name.
            attributes.put(
                    name,
                    name.equals("key") || name.equals("value") ? size(target) : data.getInt(offsets.get(target) + 20));
        }
        return attributes;
    }

    private int size(int id) {
        int type = plain(id);
        return switch (kind(type)) {
            case INT, STRUCT, UNION, ENUM, FLOAT, ENUM64 -> word(type, 8);
            case PTR -> Long.BYTES;
            case ARRAY -> data.getInt(offsets.get(type) + 20) * size(data.getInt(offsets.get(type) + 12));
            default -> 0;
        };
    }

    private int plain(int id) {
        int type = id;
        while (kind(type) == TYPEDEF
                || kind(type) == VOLATILE
                || kind(type) == CONST
                || kind(type) == RESTRICT
                || kind(type) == TYPE_TAG) {
            type = word(type, 8);
        }
        return type;
    }

    private int kind(int id) {
        return id == 0 ? 0 : word(id, 4) >> 24 & 0x1f;
    }

    private int vlen(int id) {
        return word(id, 4) & 0xffff;
    }

    private String name(int id) {
        return stringAt(word(id, 0));
    }

    private int word(int id, int offset) {
        return data.getInt(offsets.get(id) + offset);
    }

    /** How many bytes follow the common part of a type. */
    private int extra(int at) {
        int info = data.getInt(at + 4);
        int vlen = info & 0xffff;
        return switch (info >> 24 & 0x1f) {
            case INT, VAR, DECL_TAG -> 4;
            case ARRAY -> 12;
            case STRUCT, UNION, DATASEC, ENUM64 -> vlen * 12;
            case ENUM, FUNC_PROTO -> vlen * 8;
            default -> 0;
        };
    }

    private String stringAt(int offset) {
        int start = strings + offset;
        int end = start;
        while (data.get(end) != 0) {
            end++;
        }
        return new String(data.array(), start, end - start, StandardCharsets.US_ASCII);
    }
}
