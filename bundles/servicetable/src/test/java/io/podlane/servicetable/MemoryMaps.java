// SPDX-License-Identifier: Apache-2.0
package io.podlane.servicetable;

import io.podlane.api.bpf.BpfMap;
import io.podlane.api.bpf.MappedArray;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;

/** Maps without a kernel, which count what is written, and check that a word is all a late reader sees change. */
final class MemoryMaps {
    int writes;
    int gracePeriods;
    final Hash<Frontend, Integer> frontends;
    final Hash<java.net.Inet4Address, Integer> addresses;
    final Array services;
    final Array slots;
    final Array backends;

    MemoryMaps(int services, int slots, int backends) {
        this.frontends = new Hash<>();
        this.addresses = new Hash<>();
        this.services = new Array(services, Layout.SERVICE_BYTES);
        this.slots = new Array(slots, 8);
        this.backends = new Array(backends, Layout.BACKEND_BYTES);
    }

    ServiceMaps maps() {
        return new ServiceMaps(frontends, addresses, services, slots, backends);
    }

    /** What a packet to a frontend would find: its backends, in the order of the slots. */
    List<Backend> lookUp(Frontend frontend) {
        Integer id = frontends.content.get(frontend);
        if (id == null || !Layout.isServiceOf(services, id, frontend)) {
            return null;
        }
        long word = services.getWord(id, Layout.SERVICE_WORD);
        return java.util.stream.IntStream.range(0, Layout.count(word))
                .mapToObj(i -> {
                    ByteBuffer slot = Layout.buffer(4);
                    slots.read(Layout.first(word) + i, slot);
                    var stored = Layout.readBackend(backends, slot.getInt(0));
                    if (!stored.serving() || stored.service() != id) {
                        throw new AssertionError("slot of " + frontend + " leads to " + stored);
                    }
                    return stored.backend();
                })
                .toList();
    }

    /** A hash map. */
    final class Hash<K, V> implements BpfMap<K, V> {
        final Map<K, V> content = new HashMap<>();

        @Override
        public String name() {
            return "hash";
        }

        @Override
        public int id() {
            return 1;
        }

        @Override
        public int maxEntries() {
            return Integer.MAX_VALUE;
        }

        @Override
        public Optional<V> get(K key) {
            return Optional.ofNullable(content.get(key));
        }

        @Override
        public List<V> getPerCpu(K key) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void put(K key, V value) {
            writes++;
            content.put(key, value);
        }

        @Override
        public boolean putIfAbsent(K key, V value) {
            writes++;
            return content.putIfAbsent(key, value) == null;
        }

        @Override
        public void putAll(Map<K, V> entries) {
            entries.keySet().forEach(key -> {
                if (content.containsKey(key)) {
                    throw new AssertionError("an element that exists is updated, which readers may miss: " + key);
                }
            });
            writes++;
            content.putAll(entries);
        }

        @Override
        public boolean remove(K key) {
            writes++;
            return content.remove(key) != null;
        }

        @Override
        public void removeAll(Collection<K> keys) {
            writes++;
            content.keySet().removeAll(keys);
        }

        @Override
        public void forEach(BiConsumer<? super K, ? super V> visitor) {
            Map.copyOf(content).forEach(visitor);
        }
    }

    /** An array map. */
    final class Array implements MappedArray {
        private final ByteBuffer memory;
        private final int length;
        private final int stride;

        Array(int length, int stride) {
            this.length = length;
            this.stride = stride;
            memory = ByteBuffer.allocate(length * stride).order(ByteOrder.nativeOrder());
        }

        @Override
        public String name() {
            return "array";
        }

        @Override
        public int length() {
            return length;
        }

        @Override
        public int stride() {
            return stride;
        }

        @Override
        public void read(int index, ByteBuffer to) {
            to.put(memory.slice(index * stride, Math.min(stride, to.remaining())));
        }

        @Override
        public void write(int index, int offset, ByteBuffer from) {
            writes++;
            memory.position(index * stride + offset);
            memory.put(from);
        }

        @Override
        public long getWord(int index, int offset) {
            return memory.getLong(index * stride + offset);
        }

        @Override
        public void publishWord(int index, int offset, long word) {
            writes++;
            memory.putLong(index * stride + offset, word);
        }

        @Override
        public void gracePeriod() {
            gracePeriods++;
        }
    }
}
