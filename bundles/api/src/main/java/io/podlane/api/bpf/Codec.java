// SPDX-License-Identifier: Apache-2.0
package io.podlane.api.bpf;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
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

    /** An IPv4 address alone ({@code __be32}). */
    Codec<Inet4Address> IPV4 = new Codec<>() {
        @Override
        public int size() {
            return 4;
        }

        @Override
        public void write(Inet4Address value, ByteBuffer to) {
            to.put(value.getAddress());
        }

        @Override
        public Inet4Address read(ByteBuffer from) {
            byte[] bytes = new byte[4];
            from.get(bytes);
            try {
                return (Inet4Address) InetAddress.getByAddress(bytes);
            } catch (UnknownHostException impossible) {
                throw new AssertionError(impossible);
            }
        }
    };

    /** An address of either family, as {@code struct podlane_address} of {@code podlane/address.h}. */
    Codec<InetAddress> ADDRESS = new Codec<>() {
        @Override
        public int size() {
            return 16;
        }

        @Override
        public void write(InetAddress value, ByteBuffer to) {
            if (value instanceof Inet4Address) {
                to.putLong(0).putShort((short) 0).putShort((short) 0xffff);
            }
            to.put(value.getAddress());
        }

        @Override
        public InetAddress read(ByteBuffer from) {
            byte[] bytes = new byte[16];
            from.get(bytes);
            try {
                return InetAddress.getByAddress(bytes); // ::ffff:a.b.c.d becomes an Inet4Address
            } catch (UnknownHostException impossible) {
                throw new AssertionError(impossible);
            }
        }
    };

    /** The size in bytes; must equal the map's. */
    int size();

    /** Writes exactly {@link #size} bytes. */
    void write(T value, ByteBuffer to);

    /** Reads exactly {@link #size} bytes. */
    T read(ByteBuffer from);
}
