// SPDX-License-Identifier: Apache-2.0
package io.podlane.linux.netlink;

import java.net.InetAddress;
import java.util.Objects;

/**
 * Which hardware address a neighbour has.
 *
 * @param ifindex the device it is reached over
 * @param ip its address
 * @param mac its hardware address; {@link MacAddress#NONE} if it is not known
 * @param permanent whether it was set by hand, so that no one asks for it
 */
public record Neighbour(int ifindex, InetAddress ip, MacAddress mac, boolean permanent) {
    static final int NDMSG = 12;

    public Neighbour {
        Objects.requireNonNull(ip);
        Objects.requireNonNull(mac);
    }

    static Neighbour read(Message message) {
        Attributes a = message.attributes(NDMSG);
        return new Neighbour(
                message.body().getInt(4),
                a.address(Rtm.NDA_DST).orElseThrow(),
                MacAddress.of(a.bytes(Rtm.NDA_LLADDR)),
                (message.body().getShort(8) & Rtm.NUD_PERMANENT) != 0);
    }

    @Override
    public String toString() {
        return ip.getHostAddress() + " dev " + ifindex;
    }
}
