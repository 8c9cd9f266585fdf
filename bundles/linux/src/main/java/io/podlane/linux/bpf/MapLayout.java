// SPDX-License-Identifier: Apache-2.0
package io.podlane.linux.bpf;

import java.nio.ByteBuffer;
import java.util.Map;

/**
 * What kind of map, and how large.
 *
 * @param type BPF_MAP_TYPE_*
 * @param keySize in bytes
 * @param valueSize in bytes
 * @param flags BPF_F_*
 */
record MapLayout(int type, int keySize, int valueSize, int maxEntries, int flags) {
    static final int HASH = 1;
    static final int ARRAY = 2;
    static final int PERCPU_HASH = 5;
    static final int PERCPU_ARRAY = 6;
    static final int LRU_HASH = 9;
    static final int LRU_PERCPU_HASH = 10;
    static final int LPM_TRIE = 11;
    static final int ARRAY_OF_MAPS = 12;
    static final int HASH_OF_MAPS = 13;
    static final int RINGBUF = 27;
    static final int MMAPABLE = 1 << 10;

    /** From a map's info structure. */
    static MapLayout of(ByteBuffer info) {
        return new MapLayout(info.getInt(0), info.getInt(8), info.getInt(12), info.getInt(16), info.getInt(20));
    }

    /** From a declaration in C, with another size where one is given. */
    static MapLayout of(Map<String, Integer> declaration, Integer size) {
        int inner = declaration.getOrDefault("value_size", 0);
        int type = declaration.getOrDefault("type", 0);
        return new MapLayout(
                type,
                declaration.getOrDefault("key", declaration.getOrDefault("key_size", 0)),
                // The value of a map of maps is a descriptor.
                type == ARRAY_OF_MAPS || type == HASH_OF_MAPS
                        ? Integer.BYTES
                        : declaration.getOrDefault("value", inner),
                size != null ? size : declaration.getOrDefault("max_entries", 0),
                declaration.getOrDefault("map_flags", 0));
    }

    /** Whether programs and Java code written for the other work with this one. */
    boolean fits(MapLayout declared) {
        return type == declared.type
                && keySize == declared.keySize
                && valueSize == declared.valueSize
                && flags == declared.flags
                // libbpf rounds the size of a ring buffer up to whole pages.
                && (maxEntries == declared.maxEntries || type == RINGBUF && maxEntries >= declared.maxEntries);
    }

    boolean perCpu() {
        return type == PERCPU_HASH || type == PERCPU_ARRAY || type == LRU_PERCPU_HASH;
    }

    boolean array() {
        return type == ARRAY || type == PERCPU_ARRAY;
    }

    @Override
    public String toString() {
        String kind =
                switch (type) {
                    case HASH -> "hash";
                    case ARRAY -> "array";
                    case PERCPU_HASH -> "percpu_hash";
                    case PERCPU_ARRAY -> "percpu_array";
                    case LRU_HASH -> "lru_hash";
                    case LRU_PERCPU_HASH -> "lru_percpu_hash";
                    case LPM_TRIE -> "lpm_trie";
                    case ARRAY_OF_MAPS -> "array_of_maps";
                    case HASH_OF_MAPS -> "hash_of_maps";
                    case RINGBUF -> "ringbuf";
                    default -> "type " + type;
                };
        return kind + " of " + maxEntries + ", key " + keySize + " B, value " + valueSize + " B, flags 0x"
                + Integer.toHexString(flags);
    }
}
