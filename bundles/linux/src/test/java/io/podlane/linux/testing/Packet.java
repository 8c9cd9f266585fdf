// SPDX-License-Identifier: Apache-2.0
package io.podlane.linux.testing;

import io.podlane.api.cluster.IpAddress;
import java.nio.ByteBuffer;
import java.util.HexFormat;

/**
 * An IPv4 packet in an Ethernet frame, to be built and to be read again, for tables of packets in and packets out. Addresses
 * are written {@code 10.1.0.2:8080}. Frames are addressed to 00:00:00:00:00:00, the loopback device's address, on which
 * test runs happen.
 */
public final class Packet {
    public static final int SYN = 2;
    public static final int FIN = 1;
    public static final int RST = 4;
    public static final int ACK = 16;

    private static final int ETHERNET = 14;
    private static final int IP = 20;
    private static final int TCP = 6;
    private static final int UDP = 17;
    private static final int ICMP = 1;

    private final int protocol;
    private final String from;
    private final String to;
    private int flags;
    private int ttl = 64;
    private int fragment;
    private int optionBytes;
    private byte[] payload = {1, 2, 3, 4, 5};
    private boolean withoutChecksum;
    private int checksumError;
    private int ipChecksumError;

    private Packet(int protocol, String from, String to) {
        this.protocol = protocol;
        this.from = from;
        this.to = to;
    }

    public static Packet udp(String from, String to) {
        return new Packet(UDP, from, to);
    }

    /** @param flags {@link #SYN} and so on */
    public static Packet tcp(String from, String to, int flags) {
        var packet = new Packet(TCP, from, to);
        packet.flags = flags;
        return packet;
    }

    public static Packet ping(String from, String to) {
        return new Packet(ICMP, from + ":0", to + ":0");
    }

    public Packet ttl(int hops) {
        ttl = hops;
        return this;
    }

    /** Makes it a part of a packet. @param offset in units of eight bytes */
    public Packet fragment(int offset, boolean more) {
        fragment = offset | (more ? 0x2000 : 0);
        return this;
    }

    /** Puts so many bytes of options into the IP header; a multiple of four. */
    public Packet options(int bytes) {
        optionBytes = bytes;
        return this;
    }

    public Packet payload(int... bytes) {
        payload = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            payload[i] = (byte) bytes[i];
        }
        return this;
    }

    /** UDP without a checksum. */
    public Packet withoutChecksum() {
        withoutChecksum = true;
        return this;
    }

    /** Adds to the transport checksum, so that it is wrong. */
    public Packet wrongChecksum() {
        checksumError = 0x1111;
        return this;
    }

    /** Adds to the IP header's checksum, so that it is wrong. */
    public Packet wrongIpChecksum() {
        ipChecksumError = 0x1111;
        return this;
    }

    /** The frame. */
    public byte[] bytes() {
        int transport =
                switch (protocol) {
                    case TCP -> 20;
                    default -> 8;
                };
        int ipBytes = IP + optionBytes;
        ByteBuffer frame = ByteBuffer.allocate(ETHERNET + ipBytes + transport + payload.length);
        frame.position(12);
        frame.putShort((short) 0x0800);
        frame.put((byte) (0x40 | ipBytes / 4))
                .put((byte) 0)
                .putShort((short) (frame.limit() - ETHERNET))
                .putShort((short) 7)
                .putShort((short) fragment)
                .put((byte) ttl)
                .put((byte) protocol)
                .putShort((short) 0)
                .put(address(from))
                .put(address(to));
        for (int i = 0; i < optionBytes; i++) {
            frame.put((byte) 1);
        }
        int at = frame.position();
        switch (protocol) {
            case TCP ->
                frame.putShort((short) port(from))
                        .putShort((short) port(to))
                        .putInt(1)
                        .putInt(2)
                        .put((byte) 0x50)
                        .put((byte) flags)
                        .putShort((short) 1000)
                        .putInt(0);
            case UDP ->
                frame.putShort((short) port(from))
                        .putShort((short) port(to))
                        .putShort((short) (8 + payload.length))
                        .putShort((short) 0);
            default -> frame.putShort((short) 0x0800).putShort((short) 0).putInt(1);
        }
        frame.put(payload);
        if (protocol == ICMP) {
            frame.putShort(at + 2, (short) fold(sum(frame, at, frame.limit())));
        } else if (!withoutChecksum) {
            int sum = transportChecksum(frame) + checksumError & 0xffff;
            frame.putShort(at + (protocol == TCP ? 16 : 6), (short) (sum == 0 && protocol == UDP ? 0xffff : sum));
        }
        frame.putShort(ETHERNET + 10, (short) (fold(sum(frame, ETHERNET, at)) + ipChecksumError));
        return frame.array();
    }

    /** A frame in words: {@code UDP 10.1.0.2:1000 > 10.96.0.1:53 ttl 64}, and what is wrong with it. */
    public static String describe(byte[] bytes) {
        ByteBuffer frame = ByteBuffer.wrap(bytes);
        int ipBytes = (frame.get(ETHERNET) & 15) * 4;
        int at = ETHERNET + ipBytes;
        int protocol = frame.get(ETHERNET + 9);
        var text =
                new StringBuilder(protocol == TCP ? "TCP " : protocol == UDP ? "UDP " : "protocol " + protocol + " ");
        text.append(dotted(frame, ETHERNET + 12)).append(protocol == ICMP ? "" : ":" + port(frame, at));
        text.append(" > ")
                .append(dotted(frame, ETHERNET + 16))
                .append(protocol == ICMP ? "" : ":" + port(frame, at + 2));
        text.append(" ttl ").append(frame.get(ETHERNET + 8));
        if (fold(sum(frame, ETHERNET, at)) != 0) {
            text.append(", wrong IP checksum");
        }
        if (protocol == TCP || protocol == UDP) {
            int checksum = Short.toUnsignedInt(frame.getShort(at + (protocol == TCP ? 16 : 6)));
            if (protocol == UDP && checksum == 0) {
                text.append(", no checksum");
            } else if (fold(sum(frame, at, frame.limit()) + pseudoHeader(frame)) != 0) {
                text.append(", wrong checksum");
            }
        }
        return text.toString();
    }

    /** The frame's destination hardware address. */
    public static String destinationMac(byte[] bytes) {
        return HexFormat.ofDelimiter(":").formatHex(bytes, 0, 6);
    }

    private static int transportChecksum(ByteBuffer frame) {
        int at = ETHERNET + (frame.get(ETHERNET) & 15) * 4;
        return fold(sum(frame, at, frame.limit()) + pseudoHeader(frame));
    }

    private static long pseudoHeader(ByteBuffer frame) {
        int at = ETHERNET + (frame.get(ETHERNET) & 15) * 4;
        return sum(frame, ETHERNET + 12, ETHERNET + 20) + frame.get(ETHERNET + 9) + frame.limit() - at;
    }

    /** The Internet checksum's sum of 16-bit words (RFC 1071). */
    private static long sum(ByteBuffer frame, int from, int to) {
        long sum = 0;
        for (int i = from; i < to; i++) {
            sum += (long) Byte.toUnsignedInt(frame.get(i)) << ((i - from) % 2 == 0 ? 8 : 0);
        }
        return sum;
    }

    private static int fold(long sum) {
        long folded = sum;
        while (folded > 0xffff) {
            folded = (folded >> 16) + (folded & 0xffff);
        }
        return (int) (~folded & 0xffff);
    }

    private static byte[] address(String endpoint) {
        return IpAddress.parse(endpoint.substring(0, endpoint.indexOf(':'))).getAddress();
    }

    private static int port(String endpoint) {
        return Integer.parseInt(endpoint.substring(endpoint.indexOf(':') + 1));
    }

    private static String dotted(ByteBuffer frame, int at) {
        return (frame.get(at) & 255) + "." + (frame.get(at + 1) & 255) + "." + (frame.get(at + 2) & 255) + "."
                + (frame.get(at + 3) & 255);
    }

    private static int port(ByteBuffer frame, int at) {
        return Short.toUnsignedInt(frame.getShort(at));
    }
}
