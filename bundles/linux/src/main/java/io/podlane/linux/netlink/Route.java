// SPDX-License-Identifier: Apache-2.0
package io.podlane.linux.netlink;

import io.podlane.api.cluster.Cidr;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Objects;
import java.util.Optional;

/**
 * A route. Start with {@link #to} and add what differs.
 *
 * @param destination the addresses that it is for
 * @param type what happens to packets
 * @param gateway the next hop; empty if the destination is reached directly
 * @param ifindex the device; 0 for none, or, in a route read from the kernel, for several
 * @param scope how far away the destination is
 * @param table the routing table
 * @param protocol who made the route (rtnetlink.h, RTPROT_*)
 * @param metric the lower, the better; 0 is the kernel's default of the family
 * @param source the address that local packets get; empty for the kernel's choice
 * @param onlink whether the gateway is taken to be reachable over the device whatever the routes say
 */
public record Route(
        Cidr destination,
        Type type,
        Optional<InetAddress> gateway,
        int ifindex,
        Scope scope,
        int table,
        int protocol,
        int metric,
        Optional<InetAddress> source,
        boolean onlink) {
    /** The table that is asked for all packets. */
    public static final int MAIN = 254;
    /** The table of the node's own addresses and the broadcast addresses of its networks, which the kernel keeps. */
    public static final int LOCAL = 255;
    /** The protocol number of Podlane's routes, by which they are told from others. Unassigned in rtnetlink.h. */
    public static final int PODLANE = 112;

    static final int RTMSG = 12;
    private static final int ANY_TYPE = 0;

    /** What happens to packets. */
    public enum Type {
        OTHER,
        UNICAST,
        LOCAL,
        BROADCAST,
        ANYCAST,
        MULTICAST,
        BLACKHOLE,
        UNREACHABLE,
        PROHIBIT
    }

    /** How far away the destination is; of no meaning for IPv6. */
    public enum Scope {
        UNIVERSE(0),
        LINK(253),
        HOST(254);

        final int number;

        Scope(int number) {
            this.number = number;
        }

        static Scope of(int number) {
            return number >= HOST.number ? HOST : number == LINK.number ? LINK : UNIVERSE;
        }
    }

    public Route {
        Objects.requireNonNull(destination);
        Objects.requireNonNull(type);
        Objects.requireNonNull(gateway);
        Objects.requireNonNull(scope);
        Objects.requireNonNull(source);
    }

    /** A route of Podlane's in the main table. */
    public static Route to(Cidr destination) {
        return new Route(
                destination,
                Type.UNICAST,
                Optional.empty(),
                0,
                Scope.UNIVERSE,
                MAIN,
                PODLANE,
                0,
                Optional.empty(),
                false);
    }

    /** To one address. */
    public static Route to(InetAddress address) {
        return to(new Cidr(address, address.getAddress().length * 8));
    }

    /** To everything of the family of an address. */
    public static Route toAll(InetAddress family) {
        return to(new Cidr(family, 0));
    }

    public Route type(Type other) {
        return new Route(destination, other, gateway, ifindex, scope, table, protocol, metric, source, onlink);
    }

    public Route via(InetAddress nextHop) {
        return new Route(
                destination, type, Optional.of(nextHop), ifindex, scope, table, protocol, metric, source, onlink);
    }

    public Route dev(int device) {
        return new Route(destination, type, gateway, device, scope, table, protocol, metric, source, onlink);
    }

    public Route scope(Scope other) {
        return new Route(destination, type, gateway, ifindex, other, table, protocol, metric, source, onlink);
    }

    public Route table(int other) {
        return new Route(destination, type, gateway, ifindex, scope, other, protocol, metric, source, onlink);
    }

    public Route protocol(int other) {
        return new Route(destination, type, gateway, ifindex, scope, table, other, metric, source, onlink);
    }

    public Route metric(int other) {
        return new Route(destination, type, gateway, ifindex, scope, table, protocol, other, source, onlink);
    }

    public Route source(InetAddress address) {
        return new Route(
                destination, type, gateway, ifindex, scope, table, protocol, metric, Optional.of(address), onlink);
    }

    /** Takes the gateway to be reachable over the device. */
    public Route reachableOnLink() {
        return new Route(destination, type, gateway, ifindex, scope, table, protocol, metric, source, true);
    }

    void encode(MessageWriter message) {
        message.u8(Rtm.family(destination.address()))
                .u8(destination.prefixLength())
                .u8(0)
                .u8(0)
                .u8(0) // The table stands in an attribute, since here it has one byte only.
                .u8(protocol)
                .u8(scope.number)
                .u8(type.ordinal())
                .u32(onlink ? Rtm.RTNH_F_ONLINK : 0);
        message.attribute32(Rtm.RTA_TABLE, table);
        if (destination.prefixLength() > 0) {
            message.attribute(Rtm.RTA_DST, destination.address());
        }
        gateway.ifPresent(address -> message.attribute(Rtm.RTA_GATEWAY, address));
        source.ifPresent(address -> message.attribute(Rtm.RTA_PREFSRC, address));
        if (ifindex != 0) {
            message.attribute32(Rtm.RTA_OIF, ifindex);
        }
        if (metric != 0) {
            message.attribute32(Rtm.RTA_PRIORITY, metric);
        }
    }

    static Route read(Message message) {
        var body = message.body();
        Attributes a = message.attributes(RTMSG);
        int type = body.get(7);
        return new Route(
                new Cidr(a.address(Rtm.RTA_DST).orElseGet(() -> any(body.get(0))), Byte.toUnsignedInt(body.get(1))),
                type > ANY_TYPE && type < Type.values().length ? Type.values()[type] : Type.OTHER,
                a.address(Rtm.RTA_GATEWAY),
                a.u32(Rtm.RTA_OIF).orElse(0),
                Scope.of(Byte.toUnsignedInt(body.get(6))),
                a.u32(Rtm.RTA_TABLE).orElse(Byte.toUnsignedInt(body.get(4))),
                Byte.toUnsignedInt(body.get(5)),
                a.u32(Rtm.RTA_PRIORITY).orElse(0),
                a.address(Rtm.RTA_PREFSRC),
                (body.getInt(8) & Rtm.RTNH_F_ONLINK) != 0);
    }

    private static InetAddress any(int family) {
        try {
            return InetAddress.getByAddress(new byte[family == Rtm.AF_INET ? 4 : 16]);
        } catch (UnknownHostException impossible) {
            throw new AssertionError(impossible);
        }
    }

    @Override
    public String toString() {
        return destination
                + gateway.map(address -> " via " + address.getHostAddress()).orElse("")
                + (ifindex == 0 ? "" : " dev " + ifindex)
                + (table == MAIN ? "" : " table " + table);
    }
}
