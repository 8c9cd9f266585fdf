// SPDX-License-Identifier: Apache-2.0
package io.podlane.linux.bpf;

import io.podlane.api.bpf.BpfSource;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * What an object says it is made of, checked against what is asked of it.
 *
 * @param programs the names of its programs
 * @param maps its maps as they shall be
 * @param pinnedMaps those that are shared under {@code <bpffs>/maps}
 * @param constants where its constants stand, for those to be set
 */
record Blueprint(
        BpfSource source,
        List<String> programs,
        Map<String, MapLayout> maps,
        Set<String> pinnedMaps,
        Map<String, Elf.Constant> constants) {

    /** @throws IllegalArgumentException if it is no BPF object, or lacks a constant or map that is to be set */
    static Blueprint of(BpfSource source) {
        try {
            return read(source);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("BPF object " + source.name() + ": " + e.getMessage(), e);
        }
    }

    private static Blueprint read(BpfSource source) {
        var elf = new Elf(source.elf());
        var maps = new LinkedHashMap<String, MapLayout>();
        var pinned = new LinkedHashSet<String>();
        elf.btf().maps().forEach((name, declaration) -> {
            maps.put(name, MapLayout.of(declaration, source.mapSizes().get(name)));
            if (declaration.getOrDefault("pinning", 0) != 0) {
                pinned.add(name);
            }
        });
        for (String name : source.mapSizes().keySet()) {
            if (!maps.containsKey(name)) {
                throw new IllegalArgumentException("it has no map " + name + " to size; its maps: " + maps.keySet());
            }
        }
        var constants = new LinkedHashMap<String, Elf.Constant>();
        source.constants().forEach((name, value) -> {
            Elf.Constant constant = elf.constant(name)
                    .orElseThrow(() -> new IllegalArgumentException("it has no const volatile global " + name));
            if (constant.size() != value.length) {
                throw new IllegalArgumentException(
                        "its constant " + name + " has " + constant.size() + " B, not " + value.length);
            }
            constants.put(name, constant);
        });
        return new Blueprint(source, elf.programs(), Map.copyOf(maps), Set.copyOf(pinned), Map.copyOf(constants));
    }

    /** Each program's identity, given the pinned maps that it will use. */
    Map<String, String> identities(Map<String, OpenMap> open) {
        MessageDigest object = sha256();
        object.update(source.elf());
        new TreeMap<>(source.constants()).forEach((name, value) -> add(object, "constant " + name, value));
        new TreeMap<>(source.mapSizes()).forEach((name, size) -> add(object, "size " + name, word(size)));
        for (String name : new java.util.TreeSet<>(pinnedMaps)) {
            add(object, "map " + name, word(open.get(name).id()));
        }
        byte[] shared = object.digest();
        var identities = new LinkedHashMap<String, String>();
        for (String program : programs) {
            MessageDigest digest = sha256();
            add(digest, program, shared);
            identities.put(program, HexFormat.of().formatHex(digest.digest()));
        }
        return identities;
    }

    private static void add(MessageDigest digest, String what, byte[] value) {
        digest.update((what + "\0").getBytes(java.nio.charset.StandardCharsets.UTF_8));
        digest.update(word(value.length));
        digest.update(value);
    }

    private static byte[] word(int value) {
        return ByteBuffer.allocate(Integer.BYTES).putInt(value).array();
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
