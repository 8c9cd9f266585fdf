// SPDX-License-Identifier: Apache-2.0
package io.podlane.linux.netlink;

import java.net.InetAddress;
import java.util.List;

/** Neighbours. Each method throws {@link io.podlane.api.kernel.KernelException} if the kernel refuses. */
public final class Neighbours {
    private static final int RTN_UNICAST = 1;

    private final NetlinkSocket socket;

    Neighbours(NetlinkSocket socket) {
        this.socket = socket;
    }

    /** Says for good what hardware address a neighbour has. */
    public void setPermanent(int ifindex, InetAddress ip, MacAddress mac) {
        var neighbour = new Neighbour(ifindex, ip, mac, true);
        socket.execute(
                message(Rtm.NEWNEIGH, Rtm.NLM_F_CREATE | Rtm.NLM_F_REPLACE, neighbour),
                "set neighbour",
                neighbour.toString());
    }

    /** Forgets a neighbour. */
    public void delete(Neighbour neighbour) {
        socket.execute(message(Rtm.DELNEIGH, 0, neighbour), "delete neighbour", neighbour.toString());
    }

    /** The IPv4 and IPv6 neighbours of all devices. */
    public List<Neighbour> list() {
        var request = new MessageWriter(Rtm.GETNEIGH, 0);
        request.u8(Rtm.AF_UNSPEC).u8(0).u16(0).u32(0).u16(0).u8(0).u8(0);
        return socket.dump(
                request, message -> isIp(message) ? Neighbour.read(message) : null, "list neighbours", "all");
    }

    /** Not an entry of a bridge. */
    static boolean isIp(Message message) {
        int family = message.body().get(0);
        return (family == Rtm.AF_INET || family == Rtm.AF_INET6)
                && message.attributes(Neighbour.NDMSG).find(Rtm.NDA_DST).isPresent();
    }

    static MessageWriter message(int type, int flags, Neighbour neighbour) {
        var message = new MessageWriter(type, flags);
        message.u8(Rtm.family(neighbour.ip())).u8(0).u16(0).u32(neighbour.ifindex());
        message.u16(neighbour.permanent() ? Rtm.NUD_PERMANENT : 0).u8(0).u8(RTN_UNICAST);
        message.attribute(Rtm.NDA_DST, neighbour.ip());
        if (!neighbour.mac().equals(MacAddress.NONE)) {
            message.attribute(Rtm.NDA_LLADDR, neighbour.mac().bytes());
        }
        return message;
    }
}
