// SPDX-License-Identifier: Apache-2.0
package io.podlane.linux.bpf;

import io.podlane.api.bpf.BpfMap;
import io.podlane.api.bpf.Codec;
import io.podlane.api.kernel.Errno;
import io.podlane.api.kernel.KernelException;
import io.podlane.linux.ffi.Native;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;

/** A map through bpf(2). Its native buffers are used again by the next call. */
final class KernelMap<K, V> implements BpfMap<K, V> {
    private static final int BATCH = 1024;
    private static final int LARGEST_BATCH = 1 << 20;
    private static final int ANY = 0;
    private static final int NOEXIST = 1;
    private static final int ENOTSUPP = 524;

    private final OpenMap map;
    private final Codec<K> key;
    private final Codec<V> value;
    private final AtomicReference<ElementBuffers<K, V>> spare = new AtomicReference<>();

    KernelMap(OpenMap map, Codec<K> key, Codec<V> value) {
        this.map = map;
        this.key = key;
        this.value = value;
        if (key.size() != map.layout().keySize() || value.size() != map.layout().valueSize()) {
            throw new IllegalArgumentException("map " + map.name() + " has keys of "
                    + map.layout().keySize() + " B and values of "
                    + map.layout().valueSize()
                    + " B, but the codecs say " + key.size() + " B and " + value.size() + " B");
        }
    }

    private ElementBuffers<K, V> take(int elements) {
        ElementBuffers<K, V> buffers = spare.getAndSet(null);
        return buffers != null && buffers.elements >= elements
                ? buffers
                : new ElementBuffers<>(map, key, value, elements);
    }

    private void giveBack(ElementBuffers<K, V> buffers) {
        spare.set(buffers);
    }

    @Override
    public String name() {
        return map.name();
    }

    @Override
    public int id() {
        return map.id();
    }

    @Override
    public int maxEntries() {
        return map.layout().maxEntries();
    }

    @Override
    public Optional<V> get(K k) {
        if (map.layout().perCpu()) {
            throw new IllegalStateException("map " + name() + " has a value for each CPU: use getPerCpu");
        }
        ElementBuffers<K, V> b = take(1);
        key.write(k, b.keys.position(0));
        Optional<V> found = lookup(b) ? Optional.of(b.readValue(0)) : Optional.empty();
        giveBack(b);
        return found;
    }

    @Override
    public List<V> getPerCpu(K k) {
        if (!map.layout().perCpu()) {
            throw new IllegalStateException("map " + name() + " has one value for all CPUs: use get");
        }
        ElementBuffers<K, V> b = take(1);
        key.write(k, b.keys.position(0));
        var values = new ArrayList<V>();
        if (lookup(b)) {
            for (int cpu = 0; cpu < Cpus.possible(); cpu++) {
                values.add(b.readValue(0, cpu));
            }
        }
        giveBack(b);
        return List.copyOf(values);
    }

    private boolean lookup(ElementBuffers<K, V> b) {
        int result = Bpf.call(Bpf.MAP_LOOKUP_ELEM, b.element());
        if (result == -Errno.ENOENT.number()) {
            return false;
        }
        return check(result, "look up in");
    }

    @Override
    public void put(K k, V v) {
        ElementBuffers<K, V> b = take(1);
        b.write(0, k, v);
        check(update(b, ANY), "update");
        giveBack(b);
    }

    @Override
    public boolean putIfAbsent(K k, V v) {
        ElementBuffers<K, V> b = take(1);
        b.write(0, k, v);
        int result = update(b, NOEXIST);
        giveBack(b);
        return result != -Errno.EEXIST.number() && check(result, "add to");
    }

    private int update(ElementBuffers<K, V> b, int flags) {
        return Bpf.call(Bpf.MAP_UPDATE_ELEM, b.element().putLong(24, flags));
    }

    @Override
    public void putAll(Map<K, V> entries) {
        Iterator<Map.Entry<K, V>> rest = entries.entrySet().iterator();
        while (rest.hasNext()) {
            ElementBuffers<K, V> b = take(Math.min(BATCH, entries.size()));
            int count = 0;
            while (count < b.elements && rest.hasNext()) {
                var entry = rest.next();
                b.write(count++, entry.getKey(), entry.getValue());
            }
            int result = Bpf.call(Bpf.MAP_UPDATE_BATCH, b.batch(count));
            if (unsupported(result)) {
                putEach(b, count);
            } else {
                check(result, "update");
            }
            giveBack(b);
        }
    }

    private void putEach(ElementBuffers<K, V> b, int count) {
        for (int i = 0; i < count; i++) {
            ByteBuffer attr = b.element()
                    .putLong(8, Native.address(b.keys) + (long) i * key.size())
                    .putLong(16, Native.address(b.values) + (long) i * b.valueBytes);
            check(Bpf.call(Bpf.MAP_UPDATE_ELEM, attr), "update");
        }
    }

    @Override
    public boolean remove(K k) {
        ElementBuffers<K, V> b = take(1);
        key.write(k, b.keys.position(0));
        int result = Bpf.call(Bpf.MAP_DELETE_ELEM, b.element().putLong(16, 0));
        giveBack(b);
        return result != -Errno.ENOENT.number() && check(result, "delete from");
    }

    @Override
    public void removeAll(Collection<K> keys) {
        Iterator<K> rest = keys.iterator();
        while (rest.hasNext()) {
            ElementBuffers<K, V> b = take(Math.min(BATCH, keys.size()));
            int count = 0;
            while (count < b.elements && rest.hasNext()) {
                key.write(rest.next(), b.keys.position(count++ * key.size()));
            }
            removeFirst(b, count);
            giveBack(b);
        }
    }

    private void removeFirst(ElementBuffers<K, V> b, int count) {
        int done = 0;
        while (done < count) {
            ByteBuffer attr = b.batch(count - done).putLong(16, Native.address(b.keys) + (long) done * key.size());
            int result = Bpf.call(Bpf.MAP_DELETE_BATCH, attr);
            if (unsupported(result)) {
                removeEach(b, done, count);
                return;
            }
            if (result == -Errno.ENOENT.number()) {
                // The kernel stops at a key that is not there; the count says how many it had done.
                done += attr.getInt(32) + 1;
                continue;
            }
            check(result, "delete from");
            return;
        }
    }

    private void removeEach(ElementBuffers<K, V> b, int from, int count) {
        for (int i = from; i < count; i++) {
            ByteBuffer attr = b.element()
                    .putLong(8, Native.address(b.keys) + (long) i * key.size())
                    .putLong(16, 0);
            int result = Bpf.call(Bpf.MAP_DELETE_ELEM, attr);
            if (result != -Errno.ENOENT.number()) {
                check(result, "delete from");
            }
        }
    }

    @Override
    public void forEach(BiConsumer<? super K, ? super V> visitor) {
        if (map.layout().perCpu()) {
            throw new IllegalStateException("map " + name() + " has a value for each CPU: use getPerCpu");
        }
        int batch = Math.max(1, Math.min(BATCH, maxEntries()));
        ByteBuffer cursor = Native.allocate(Math.max(Long.BYTES, key.size()));
        ByteBuffer next = Native.allocate(cursor.capacity());
        boolean first = true;
        while (true) {
            ElementBuffers<K, V> b = take(batch);
            ByteBuffer attr = b.batch(batch)
                    .putLong(0, first ? 0 : Native.address(cursor))
                    .putLong(8, Native.address(next));
            int result = Bpf.call(Bpf.MAP_LOOKUP_BATCH, attr);
            Native.keep(cursor, next);
            if (first && unsupported(result)) {
                forEachSingly(visitor);
                return;
            }
            if (result == -Errno.ENOSPC.number() && batch < LARGEST_BATCH) {
                batch *= 2; // a bucket of the hash table must fit as a whole
                continue;
            }
            boolean last = result == -Errno.ENOENT.number();
            if (!last) {
                check(result, "read");
            }
            int count = attr.getInt(32);
            for (int i = 0; i < count; i++) {
                visitor.accept(b.readKey(i), b.readValue(i));
            }
            giveBack(b);
            if (last) {
                return;
            }
            cursor.put(0, next, 0, next.capacity());
            first = false;
        }
    }

    private void forEachSingly(BiConsumer<? super K, ? super V> visitor) {
        ElementBuffers<K, V> b = take(1);
        ByteBuffer next = Native.allocate(key.size());
        ByteBuffer attr = b.element().putLong(8, 0).putLong(16, Native.address(next));
        while (true) {
            int result = Bpf.call(Bpf.MAP_GET_NEXT_KEY, attr);
            if (result == -Errno.ENOENT.number()) {
                giveBack(b);
                return;
            }
            check(result, "read");
            b.keys.put(0, next, 0, key.size());
            if (lookup(b)) {
                visitor.accept(b.readKey(0), b.readValue(0));
            }
            attr = b.element().putLong(16, Native.address(next));
            Native.keep(next);
        }
    }

    private static boolean unsupported(int result) {
        return result == -ENOTSUPP || result == -Errno.EOPNOTSUPP.number();
    }

    private boolean check(int result, String operation) {
        if (result < 0) {
            var errno = new Errno(-result);
            throw new KernelException(
                    operation + " map",
                    name(),
                    errno,
                    errno.equals(Errno.E2BIG) ? "it holds " + maxEntries() + " entries at most" : "");
        }
        return true;
    }
}
