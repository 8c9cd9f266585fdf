// SPDX-License-Identifier: Apache-2.0
package io.podlane.api.cluster;

import java.net.InetAddress;
import java.net.UnknownHostException;

/**
 * A block of addresses.
 *
 * @param address the first address; bits beyond the prefix are zero
 * @param prefixLength how many leading bits are fixed, 0 to 32 or 128
 */
public record Cidr(InetAddress address, int prefixLength) {
    public Cidr {
        byte[] bytes = address.getAddress();
        if (prefixLength < 0 || prefixLength > bytes.length * 8) {
            throw new IllegalArgumentException(
                    "prefix length " + prefixLength + " is not between 0 and " + bytes.length * 8);
        }
        for (int bit = prefixLength; bit < bytes.length * 8; bit++) {
            bytes[bit / 8] &= (byte) ~(0x80 >> bit % 8);
        }
        try {
            address = InetAddress.getByAddress(bytes);
        } catch (UnknownHostException impossible) {
            throw new AssertionError(impossible);
        }
    }

    /**
     * Parses {@code 10.1.0.0/24} or {@code fd00:1::/64}.
     *
     * @throws IllegalArgumentException if it is neither
     */
    public static Cidr parse(String text) {
        int slash = text.indexOf('/');
        if (slash < 0) {
            throw new IllegalArgumentException("'" + text + "' is no address block: it lacks /PREFIX-LENGTH");
        }
        InetAddress address = IpAddress.parse(text.substring(0, slash));
        int longest = address.getAddress().length * 8;
        int prefixLength = IpAddress.decimal(text, slash + 1, text.length(), longest);
        if (prefixLength < 0) {
            throw new IllegalArgumentException(
                    "'" + text + "' is no address block: the prefix length is not between 0 and " + longest);
        }
        return new Cidr(address, prefixLength);
    }

    @Override
    public String toString() {
        return address.getHostAddress() + "/" + prefixLength;
    }
}
