// SPDX-License-Identifier: Apache-2.0
package io.podlane.linux.netlink;

import java.net.InetAddress;
import java.util.Objects;

/**
 * An address of a device.
 *
 * @param ifindex the device
 * @param ip the address
 * @param prefixLength of the network that is reached directly over the device; 32 or 128 for none
 */
public record Address(int ifindex, InetAddress ip, int prefixLength) {
    static final int IFADDRMSG = 8;

    public Address {
        Objects.requireNonNull(ip);
    }

    /** An address that makes no other address directly reachable. */
    public static Address single(int ifindex, InetAddress ip) {
        return new Address(ifindex, ip, ip.getAddress().length * 8);
    }

    static Address read(Message message) {
        Attributes a = message.attributes(IFADDRMSG);
        return new Address(
                message.body().getInt(4),
                a.address(Rtm.IFA_LOCAL).or(() -> a.address(Rtm.IFA_ADDRESS)).orElseThrow(),
                Byte.toUnsignedInt(message.body().get(1)));
    }

    @Override
    public String toString() {
        return ip.getHostAddress() + "/" + prefixLength + " dev " + ifindex;
    }
}
