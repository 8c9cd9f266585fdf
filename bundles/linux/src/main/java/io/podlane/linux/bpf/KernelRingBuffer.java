// SPDX-License-Identifier: Apache-2.0
package io.podlane.linux.bpf;

import io.podlane.api.bpf.RingBuffer;
import io.podlane.linux.ffi.Native;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;

/**
 * The reading end of a ring buffer: a page with the reader's position, a page with the writers', and the data, mapped
 * twice in a row so that a record never wraps (kernel/bpf/ringbuf.c).
 */
final class KernelRingBuffer implements RingBuffer, AutoCloseable {
    private static final VarHandle LONG = MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.nativeOrder());
    private static final VarHandle INT = MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.nativeOrder());
    private static final long POLL = Native.libc("poll");
    private static final short POLLIN = 1;
    private static final int BUSY = 1 << 31;
    private static final int DISCARDED = 1 << 30;
    private static final int HEADER = 8;

    private final OpenMap map;
    private final Mapping consumer;
    private final Mapping producer;
    private final int mask;
    private boolean closed;

    KernelRingBuffer(OpenMap map) {
        this.map = map;
        if (map.layout().type() != MapLayout.RINGBUF) {
            throw new IllegalArgumentException("map " + map.name() + " is no ring buffer but " + map.layout());
        }
        int page = Mapping.pageSize();
        mask = map.layout().maxEntries() - 1;
        consumer = Mapping.of(map.fd(), page, 0, true, "ring buffer " + map.name());
        producer =
                Mapping.of(map.fd(), page + 2L * map.layout().maxEntries(), page, false, "ring buffer " + map.name());
    }

    @Override
    public int poll(Duration timeout, Consumer reader) {
        int count = drain(reader);
        if (count > 0) {
            return count;
        }
        // struct pollfd: int fd, short events, short revents
        ByteBuffer descriptor = Native.allocate(8).putInt(0, map.fd().number()).putShort(4, POLLIN);
        Native.call(POLL, Native.address(descriptor), 1, timeout.toMillis());
        Native.keep(descriptor);
        return drain(reader);
    }

    private synchronized int drain(Consumer reader) {
        if (closed) {
            throw new IllegalStateException("ring buffer " + map.name() + " is closed");
        }
        ByteBuffer data = producer.buffer();
        int start = Mapping.pageSize();
        int count = 0;
        long position = (long) LONG.getAcquire(consumer.buffer(), 0);
        while (position < (long) LONG.getAcquire(data, 0)) {
            int at = start + (int) (position & mask);
            int length = (int) INT.getAcquire(data, at);
            if ((length & BUSY) != 0) {
                break; // its writer has not committed it yet
            }
            int size = length & ~DISCARDED;
            position += (size + HEADER + 7) / 8 * 8;
            if ((length & DISCARDED) == 0) {
                reader.accept(data.slice(at + HEADER, size).order(ByteOrder.nativeOrder()));
                count++;
            }
            LONG.setRelease(consumer.buffer(), 0, position);
        }
        return count;
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            consumer.close();
            producer.close();
        }
    }
}
