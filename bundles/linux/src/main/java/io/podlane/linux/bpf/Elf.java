// SPDX-License-Identifier: Apache-2.0
package io.podlane.linux.bpf;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What an object file says about itself, read without libbpf, so that adopting pinned programs needs none of it. */
final class Elf {
    private static final int MAGIC = 0x464c457f;
    private static final int SYMTAB = 2;
    private static final long EXECINSTR = 4;
    private static final int OBJECT = 1;
    private static final int FUNC = 2;
    private static final int GLOBAL = 1;

    private record Section(String name, int type, long flags, int offset, int size, int link) {}

    private record Symbol(String name, int type, int binding, int section, int value, int size) {}

    /** A global constant: where it stands in {@code .rodata}, and its size, both in bytes. */
    record Constant(int offset, int size) {}

    private final ByteBuffer data;
    private final List<Section> sections = new ArrayList<>();
    private final List<Symbol> symbols = new ArrayList<>();

    /** @throws IllegalArgumentException if these bytes are no BPF object */
    Elf(byte[] elf) {
        data = ByteBuffer.wrap(elf).order(ByteOrder.LITTLE_ENDIAN);
        try {
            if (data.getInt(0) != MAGIC) {
                throw new IllegalArgumentException("not an ELF file");
            }
            readSections();
            readSymbols();
        } catch (IndexOutOfBoundsException e) {
            throw new IllegalArgumentException("a broken ELF file: " + e.getMessage(), e);
        }
    }

    private void readSections() {
        int table = (int) data.getLong(40);
        int entry = data.getShort(58);
        int count = data.getShort(60);
        int names = (int) data.getLong(table + data.getShort(62) * entry + 24);
        for (int i = 0; i < count; i++) {
            int at = table + i * entry;
            sections.add(new Section(
                    string(names + data.getInt(at)),
                    data.getInt(at + 4),
                    data.getLong(at + 8),
                    (int) data.getLong(at + 24),
                    (int) data.getLong(at + 32),
                    data.getInt(at + 40)));
        }
    }

    private void readSymbols() {
        for (Section table : sections) {
            if (table.type() != SYMTAB) {
                continue;
            }
            int names = sections.get(table.link()).offset();
            for (int at = table.offset(); at < table.offset() + table.size(); at += 24) {
                int info = data.get(at + 4);
                symbols.add(new Symbol(
                        string(names + data.getInt(at)),
                        info & 0xf,
                        info >> 4,
                        data.getShort(at + 6) & 0xffff,
                        (int) data.getLong(at + 8),
                        (int) data.getLong(at + 16)));
            }
        }
    }

    /** The programs: global functions outside {@code .text}, which holds what they call. */
    List<String> programs() {
        return symbols.stream()
                .filter(s -> s.type() == FUNC && s.binding() == GLOBAL && s.section() < sections.size())
                .filter(s -> (sections.get(s.section()).flags() & EXECINSTR) != 0)
                .filter(s -> !sections.get(s.section()).name().equals(".text"))
                .map(Symbol::name)
                .toList();
    }

    /** A {@code const volatile} global. */
    Optional<Constant> constant(String name) {
        return symbols.stream()
                .filter(s -> s.type() == OBJECT
                        && s.name().equals(name)
                        && s.section() < sections.size()
                        && sections.get(s.section()).name().equals(".rodata"))
                .map(s -> new Constant(s.value(), s.size()))
                .findFirst();
    }

    /** @throws IllegalArgumentException if the object was compiled without {@code -g} */
    Btf btf() {
        for (Section section : sections) {
            if (section.name().equals(".BTF")) {
                byte[] bytes = new byte[section.size()];
                data.get(section.offset(), bytes);
                return Btf.parse(bytes);
            }
        }
        throw new IllegalArgumentException("it has no BTF; compile it with -g");
    }

    private String string(int start) {
        int end = start;
        while (data.get(end) != 0) {
            end++;
        }
        return new String(data.array(), start, end - start, StandardCharsets.US_ASCII);
    }
}
