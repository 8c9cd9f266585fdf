// SPDX-License-Identifier: Apache-2.0
package io.podlane.api.bpf;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * A compiled BPF object with what differs from node to node: the values of its {@code const volatile} globals and the
 * sizes of its maps. Immutable.
 *
 * @param name what it is called in errors, most often the file's name
 * @param elf the ELF file's bytes
 * @param constants values of {@code const volatile} globals by name, in the node's byte order
 * @param mapSizes {@code max_entries} by map name, where it differs from the object's own
 */
public record BpfSource(String name, byte[] elf, Map<String, byte[]> constants, Map<String, Integer> mapSizes) {
    public BpfSource {
        Objects.requireNonNull(name);
        Objects.requireNonNull(elf);
        constants = Map.copyOf(constants);
        mapSizes = Map.copyOf(mapSizes);
    }

    /**
     * Reads an object that lies in the same bundle as a class.
     *
     * @param owner a class of the bundle
     * @param path the resource's absolute path in the bundle, such as {@code /bpf/route.bpf.o}
     */
    public static BpfSource of(Class<?> owner, String path) {
        try (var in = owner.getResourceAsStream(path)) {
            if (in == null) {
                throw new IllegalArgumentException("no resource " + path + " in the bundle of " + owner.getName());
            }
            return new BpfSource(path.substring(path.lastIndexOf('/') + 1), in.readAllBytes(), Map.of(), Map.of());
        } catch (IOException e) {
            throw new UncheckedIOException("read " + path + " of the bundle of " + owner.getName(), e);
        }
    }

    /** The same object with a 32-bit global set. */
    public BpfSource withConstant(String global, int value) {
        return withConstant(global, bytes(4).putInt(value).array());
    }

    /** The same object with a 64-bit global set. */
    public BpfSource withConstant(String global, long value) {
        return withConstant(global, bytes(8).putLong(value).array());
    }

    /** The same object with a global set to these bytes. */
    public BpfSource withConstant(String global, byte[] value) {
        var changed = new TreeMap<>(constants);
        changed.put(global, value.clone());
        return new BpfSource(name, elf, changed, mapSizes);
    }

    /** The same object with a map of another size. */
    public BpfSource withMapSize(String map, int maxEntries) {
        var changed = new TreeMap<>(mapSizes);
        changed.put(map, maxEntries);
        return new BpfSource(name, elf, constants, changed);
    }

    private static ByteBuffer bytes(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.nativeOrder());
    }
}
