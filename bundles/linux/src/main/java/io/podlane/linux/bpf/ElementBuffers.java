// SPDX-License-Identifier: Apache-2.0
package io.podlane.linux.bpf;

import io.podlane.api.bpf.Codec;
import io.podlane.linux.ffi.Native;
import java.nio.ByteBuffer;

/**
 * Memory for a number of a map's keys and values, as bpf(2) lays them out, and for the attributes of a call. One user at a
 * time.
 */
final class ElementBuffers<K, V> {
    final int elements;
    /** The bytes of one element's value, or of its values on all CPUs. */
    final int valueBytes;

    final ByteBuffer keys;
    final ByteBuffer values;

    private final OpenMap map;
    private final Codec<K> key;
    private final Codec<V> value;
    private final ByteBuffer attr = Bpf.attr();

    ElementBuffers(OpenMap map, Codec<K> key, Codec<V> value, int elements) {
        this.map = map;
        this.key = key;
        this.value = value;
        this.elements = elements;
        valueBytes = map.layout().perCpu() ? stride() * Cpus.possible() : value.size();
        keys = Native.allocate(elements * key.size());
        values = Native.allocate(elements * valueBytes);
    }

    /** Each CPU's value begins at a multiple of eight bytes (bpf_percpu_array_copy() in kernel/bpf/arraymap.c). */
    private int stride() {
        return (value.size() + 7) / 8 * 8;
    }

    /** Attributes for a call about the first element. */
    ByteBuffer element() {
        return zeroed().putInt(0, map.fd().number())
                .putLong(8, Native.address(keys))
                .putLong(16, Native.address(values));
    }

    /** Attributes for a call about the first so many elements. */
    ByteBuffer batch(int count) {
        return zeroed().putLong(16, Native.address(keys))
                .putLong(24, Native.address(values))
                .putInt(32, count)
                .putInt(36, map.fd().number());
    }

    private ByteBuffer zeroed() {
        for (int i = 0; i < 64; i += Long.BYTES) {
            attr.putLong(i, 0);
        }
        return attr;
    }

    /** Writes an element; on each CPU the same, where each has its own. */
    void write(int index, K k, V v) {
        key.write(k, keys.position(index * key.size()));
        if (map.layout().perCpu()) {
            for (int cpu = 0; cpu < Cpus.possible(); cpu++) {
                value.write(v, values.position(index * valueBytes + cpu * stride()));
            }
        } else {
            value.write(v, values.position(index * valueBytes));
        }
    }

    K readKey(int index) {
        return key.read(keys.position(index * key.size()));
    }

    V readValue(int index) {
        return readValue(index, 0);
    }

    V readValue(int index, int cpu) {
        return value.read(values.position(index * valueBytes + cpu * stride()));
    }
}
