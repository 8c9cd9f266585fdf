// SPDX-License-Identifier: Apache-2.0
package io.podlane.api.bpf;

import java.nio.ByteBuffer;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * How a key or value of a map is laid out. Buffers come in the node's byte order, positioned at the first byte; fields in
 * network order are the codec's own business.
 */
@ConsumerType
public interface Codec<T> {
    /** A 32-bit unsigned number, in the node's byte order. */
    Codec<Integer> U32 = new Codec<>() {
        @Override
        public int size() {
            return Integer.BYTES;
        }

        @Override
        public void write(Integer value, ByteBuffer to) {
            to.putInt(value);
        }

        @Override
        public Integer read(ByteBuffer from) {
            return from.getInt();
        }
    };

    /** A 64-bit unsigned number, in the node's byte order. */
    Codec<Long> U64 = new Codec<>() {
        @Override
        public int size() {
            return Long.BYTES;
        }

        @Override
        public void write(Long value, ByteBuffer to) {
            to.putLong(value);
        }

        @Override
        public Long read(ByteBuffer from) {
            return from.getLong();
        }
    };

    /** The size in bytes; must equal the map's. */
    int size();

    /** Writes exactly {@link #size} bytes. */
    void write(T value, ByteBuffer to);

    /** Reads exactly {@link #size} bytes. */
    T read(ByteBuffer from);
}
