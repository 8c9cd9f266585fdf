// SPDX-License-Identifier: Apache-2.0
package io.podlane.api.cluster;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;

/** Reads addresses as Kubernetes writes them, and never asks a name server. */
public final class IpAddress {
    private IpAddress() {}

    /**
     * Parses an IPv4 address in four decimal parts without leading zeros, or an IPv6 address that is not an IPv4 address in
     * disguise: {@code ::ffff:10.0.0.1} is refused (KEP-4858).
     *
     * @throws IllegalArgumentException if it is neither
     */
    public static InetAddress parse(String text) {
        byte[] bytes = text.indexOf(':') < 0 ? v4(text) : v6(text);
        if (bytes != null) {
            try {
                InetAddress address = InetAddress.getByAddress(bytes);
                if (address.getAddress().length == bytes.length) {
                    return address;
                }
            } catch (UnknownHostException impossible) {
                throw new AssertionError(impossible);
            }
        }
        throw new IllegalArgumentException("'" + text + "' is no IP address");
    }

    /** Whether one host, or one Service, may have it: it is not unspecified, loopback, link-local, multicast or broadcast. */
    public static boolean isUnicast(InetAddress address) {
        byte[] bytes = address.getAddress();
        // 0.0.0.0/8 is "this network" (RFC 1122, 3.2.1.3), 240.0.0.0/4 reserved (RFC 1112, 4), with the broadcast
        // address.
        boolean special = bytes.length == 4 && (bytes[0] == 0 || (bytes[0] & 0xf0) == 0xf0);
        return !special
                && !address.isAnyLocalAddress()
                && !address.isLoopbackAddress()
                && !address.isLinkLocalAddress()
                && !address.isMulticastAddress();
    }

    private static byte[] v4(String text) {
        var bytes = new byte[4];
        int at = 0;
        for (int part = 0; part < 4; part++) {
            int end = part == 3 ? text.length() : text.indexOf('.', at);
            int value = end < 0 ? -1 : decimal(text, at, end, 255);
            if (value < 0) {
                return null;
            }
            bytes[part] = (byte) value;
            at = end + 1;
        }
        return bytes;
    }

    private static byte[] v6(String text) {
        int gap = text.indexOf("::");
        if (gap < 0) {
            byte[] all = groups(text);
            return all != null && all.length == 16 ? all : null;
        }
        byte[] head = groups(text.substring(0, gap));
        byte[] tail = groups(text.substring(gap + 2));
        if (head == null || tail == null || head.length + tail.length > 14 || text.lastIndexOf('.', gap) >= 0) {
            return null;
        }
        var bytes = new byte[16];
        System.arraycopy(head, 0, bytes, 0, head.length);
        System.arraycopy(tail, 0, bytes, 16 - tail.length, tail.length);
        return bytes;
    }

    /** Groups of up to four hexadecimal digits between colons; the last may be an IPv4 address. */
    private static byte[] groups(String text) {
        if (text.isEmpty()) {
            return new byte[0];
        }
        var bytes = new byte[16];
        int length = 0;
        for (int at = 0; at <= text.length(); ) {
            int colon = text.indexOf(':', at);
            int end = colon < 0 ? text.length() : colon;
            byte[] group = colon < 0 && text.indexOf('.', at) >= 0 ? v4(text.substring(at)) : group(text, at, end);
            if (group == null || length + group.length > 16) {
                return null;
            }
            System.arraycopy(group, 0, bytes, length, group.length);
            length += group.length;
            at = end + 1;
        }
        return Arrays.copyOf(bytes, length);
    }

    private static byte[] group(String text, int from, int to) {
        if (from == to || to - from > 4) {
            return null;
        }
        int value = 0;
        for (int i = from; i < to; i++) {
            char c = text.charAt(i);
            int digit = c < 128 ? Character.digit(c, 16) : -1;
            if (digit < 0) {
                return null;
            }
            value = value << 4 | digit;
        }
        return new byte[] {(byte) (value >> 8), (byte) value};
    }

    /** A decimal number without sign and leading zeros, or -1 if it is none or above the maximum. */
    static int decimal(String text, int from, int to, int maximum) {
        if (from >= to || to - from > 9 || (text.charAt(from) == '0' && to - from > 1)) {
            return -1;
        }
        int value = 0;
        for (int i = from; i < to; i++) {
            char c = text.charAt(i);
            if (c < '0' || c > '9') {
                return -1;
            }
            value = value * 10 + c - '0';
        }
        return value <= maximum ? value : -1;
    }
}
