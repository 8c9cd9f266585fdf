// SPDX-License-Identifier: Apache-2.0
package io.podlane.linux.netlink;

import java.util.Arrays;
import java.util.HexFormat;

/** A hardware address. Immutable. */
public final class MacAddress {
    /** That of a device that has none, such as a netkit pair in L3 mode. */
    public static final MacAddress NONE = new MacAddress(new byte[0]);

    private final byte[] bytes;

    private MacAddress(byte[] bytes) {
        this.bytes = bytes;
    }

    /** Of its bytes; no bytes, or only zeros, is {@link #NONE}. */
    public static MacAddress of(byte[] bytes) {
        boolean zero = true;
        for (byte b : bytes) {
            zero &= b == 0;
        }
        return zero ? NONE : new MacAddress(bytes.clone());
    }

    /** Of its usual form, such as {@code 02:00:00:00:00:01}. */
    public static MacAddress parse(String text) {
        return of(HexFormat.ofDelimiter(":").parseHex(text));
    }

    /** Its bytes; none where there is no address. */
    public byte[] bytes() {
        return bytes.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof MacAddress mac && Arrays.equals(bytes, mac.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    @Override
    public String toString() {
        return HexFormat.ofDelimiter(":").formatHex(bytes);
    }
}
