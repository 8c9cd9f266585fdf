// SPDX-License-Identifier: Apache-2.0
package io.podlane.linux.netlink;

import java.util.Optional;
import java.util.OptionalInt;

/**
 * A network device.
 *
 * @param ifindex its index in its network namespace
 * @param name its name there
 * @param kind {@code veth}, {@code netkit}, …; empty for a device that no one created by rtnetlink, such as a network card
 * @param mac its hardware address
 * @param mtu in bytes
 * @param up whether it is switched on
 * @param carrier whether it could send: on, and the other end is too
 * @param master the index of the bridge, bond or VRF that it belongs to; 0 for none
 * @param peerIfindex the index of the device at its other end, or below it; 0 for none
 * @param peerNetnsId the id of the namespace of that device, as this namespace knows it; empty for this namespace
 * @param sizes how large packets may be aggregated
 * @param netkit what a netkit device says of itself
 */
public record Link(
        int ifindex,
        String name,
        String kind,
        MacAddress mac,
        int mtu,
        boolean up,
        boolean carrier,
        int master,
        int peerIfindex,
        OptionalInt peerNetnsId,
        Sizes sizes,
        Optional<Netkit> netkit) {
    /**
     * The largest aggregated packets, in bytes; 0 where the kernel does not say.
     *
     * @param gso that the stack hands to the device, IPv6 and the rest
     * @param gro that the device hands to the stack, IPv6 and the rest
     * @param gsoIpv4 as {@code gso}, for IPv4 (Linux 6.3)
     * @param groIpv4 as {@code gro}, for IPv4 (Linux 6.3)
     * @param tsoMax the most that the driver can take
     */
    public record Sizes(int gso, int gro, int gsoIpv4, int groIpv4, int tsoMax) {}

    static final int IFINFOMSG = 16;

    static Link read(Message message) {
        Attributes a = message.attributes(IFINFOMSG);
        int flags = message.body().getInt(8);
        Optional<Attributes> info = a.nested(Rtm.IFLA_LINKINFO);
        String kind = info.flatMap(i -> i.string(Rtm.IFLA_INFO_KIND)).orElse("");
        return new Link(
                message.body().getInt(4),
                a.string(Rtm.IFLA_IFNAME).orElse(""),
                kind,
                MacAddress.of(a.bytes(Rtm.IFLA_ADDRESS)),
                a.u32(Rtm.IFLA_MTU).orElse(0),
                (flags & Rtm.IFF_UP) != 0,
                (flags & Rtm.IFF_LOWER_UP) != 0,
                a.u32(Rtm.IFLA_MASTER).orElse(0),
                a.u32(Rtm.IFLA_LINK).orElse(0),
                a.u32(Rtm.IFLA_LINK_NETNSID),
                new Sizes(
                        a.u32(Rtm.IFLA_GSO_MAX_SIZE).orElse(0),
                        a.u32(Rtm.IFLA_GRO_MAX_SIZE).orElse(0),
                        a.u32(Rtm.IFLA_GSO_IPV4_MAX_SIZE).orElse(0),
                        a.u32(Rtm.IFLA_GRO_IPV4_MAX_SIZE).orElse(0),
                        a.u32(Rtm.IFLA_TSO_MAX_SIZE).orElse(0)),
                kind.equals("netkit")
                        ? info.flatMap(i -> i.nested(Rtm.IFLA_INFO_DATA)).map(Netkit::read)
                        : Optional.empty());
    }
}
