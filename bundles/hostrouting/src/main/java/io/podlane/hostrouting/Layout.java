// SPDX-License-Identifier: Apache-2.0
package io.podlane.hostrouting;

import io.podlane.api.bpf.Codec;
import io.podlane.api.bpf.MappedArray;
import io.podlane.api.cluster.Cidr;
import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** How bpf/include/podlane/routes.h and address.h lay things out; a test compares the two. */
final class Layout {
    static final int POD_BYTES = 32;
    static final int POD_TARGET = 16;
    static final int POD_MAC = 24;
    static final int PREFIX_BYTES = 8;
    static final int NEXT_HOP_BYTES = 24;
    static final int NEXT_HOP_IFINDEX = 16;
    static final int POD_INGRESS_CHAIN = 1;

    private static final int ADDRESS_BYTES = 16;
    private static final int MAC_BYTES = 6;

    private Layout() {}

    /** {@code struct route_prefix4}. */
    static final Codec<Cidr> PREFIX4 = new Codec<>() {
        @Override
        public int size() {
            return PREFIX_BYTES;
        }

        @Override
        public void write(Cidr prefix, ByteBuffer to) {
            to.putInt(prefix.prefixLength()).put(prefix.address().getAddress());
        }

        @Override
        public Cidr read(ByteBuffer from) {
            int length = from.getInt();
            return new Cidr(Codec.IPV4.read(from), length);
        }
    };

    /** {@code struct route_next_hop}. */
    static final Codec<NextHop> NEXT_HOP = new Codec<>() {
        @Override
        public int size() {
            return NEXT_HOP_BYTES;
        }

        @Override
        public void write(NextHop hop, ByteBuffer to) {
            Codec.ADDRESS.write(hop.address(), to);
            to.putInt(hop.ifindex()).putInt(0);
        }

        @Override
        public NextHop read(ByteBuffer from) {
            Inet4Address address = readAddress(from);
            int ifindex = from.getInt();
            from.getInt();
            return new NextHop(address, ifindex);
        }
    };

    /** The address at the start of {@code struct route_pod}. */
    static ByteBuffer podAddress(Inet4Address address) {
        ByteBuffer record = buffer(ADDRESS_BYTES);
        Codec.ADDRESS.write(address, record);
        return record.flip();
    }

    static boolean isPodAt(MappedArray pods, int index, Inet4Address address) {
        ByteBuffer record = buffer(POD_BYTES);
        pods.read(index, record);
        return record.flip().limit(ADDRESS_BYTES).equals(podAddress(address));
    }

    /** The word {@code target} of {@code struct route_pod}. */
    static long target(int ifindex, int flags) {
        return (long) flags << 32 | ifindex & 0xffffffffL;
    }

    /** The word that begins with {@code mac} in {@code struct route_pod}; no address is all zeros. */
    static long mac(byte[] mac) {
        ByteBuffer word = buffer(Long.BYTES);
        word.put(0, mac, 0, Math.min(mac.length, MAC_BYTES));
        return word.getLong(0);
    }

    private static Inet4Address readAddress(ByteBuffer from) {
        from.position(from.position() + ADDRESS_BYTES - 4);
        return Codec.IPV4.read(from);
    }

    private static ByteBuffer buffer(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.nativeOrder());
    }
}
