// SPDX-License-Identifier: Apache-2.0
package io.podlane.linux.bpf;

import io.podlane.api.bpf.MappedArray;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;

/**
 * An array map's memory. Every access checks index and offset, and that the memory is still mapped: the lock keeps it
 * from being unmapped during one, and costs next to nothing with one writer.
 */
final class MappedMemory implements MappedArray, AutoCloseable {
    private static final VarHandle WORD = MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.nativeOrder());

    private final OpenMap map;
    private final int stride;
    private final GracePeriod gracePeriod;
    private final Mapping mapping;
    private ByteBuffer memory;

    MappedMemory(OpenMap map, GracePeriod gracePeriod) {
        this.map = map;
        this.gracePeriod = gracePeriod;
        this.stride = (map.layout().valueSize() + 7) / 8 * 8;
        if (map.layout().type() != MapLayout.ARRAY || (map.layout().flags() & MapLayout.MMAPABLE) == 0) {
            throw new IllegalArgumentException(
                    "map " + map.name() + " cannot be mapped: it is no array with BPF_F_MMAPABLE but " + map.layout());
        }
        long bytes = (long) stride * map.layout().maxEntries();
        this.mapping = Mapping.of(map.fd(), bytes, 0, true, "map " + map.name());
        this.memory = mapping.buffer();
    }

    @Override
    public String name() {
        return map.name();
    }

    @Override
    public int length() {
        return map.layout().maxEntries();
    }

    @Override
    public int stride() {
        return stride;
    }

    @Override
    public synchronized void read(int index, ByteBuffer to) {
        int size = Math.min(map.layout().valueSize(), to.remaining());
        int at = position(index, 0, size);
        to.put(to.position(), memory, at, size);
        to.position(to.position() + size);
    }

    @Override
    public synchronized void write(int index, int offset, ByteBuffer from) {
        int size = from.remaining();
        memory.put(position(index, offset, size), from, from.position(), size);
        from.position(from.limit());
    }

    @Override
    public synchronized long getWord(int index, int offset) {
        return (long) WORD.getAcquire(memory, word(index, offset));
    }

    @Override
    public synchronized void publishWord(int index, int offset, long word) {
        WORD.setRelease(memory, word(index, offset), word);
    }

    private int word(int index, int offset) {
        if (offset % Long.BYTES != 0) {
            throw new IllegalArgumentException("a word at offset " + offset + " is not aligned");
        }
        return position(index, offset, Long.BYTES);
    }

    private int position(int index, int offset, int size) {
        if (memory == null) {
            throw new IllegalStateException("map " + map.name() + " is closed");
        }
        Objects.checkIndex(index, length());
        Objects.checkFromIndexSize(offset, size, stride);
        return index * stride + offset;
    }

    @Override
    public void gracePeriod() {
        synchronized (this) {
            position(0, 0, 0);
        }
        gracePeriod.await();
    }

    @Override
    public synchronized void close() {
        if (memory != null) {
            memory = null;
            mapping.close();
        }
    }
}
