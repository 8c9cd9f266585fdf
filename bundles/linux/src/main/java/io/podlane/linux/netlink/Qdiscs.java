// SPDX-License-Identifier: Apache-2.0
package io.podlane.linux.netlink;

import java.util.List;

/** Queueing disciplines. Each method throws {@link io.podlane.api.kernel.KernelException} if the kernel refuses. */
public final class Qdiscs {
    private final NetlinkSocket socket;

    Qdiscs(NetlinkSocket socket) {
        this.socket = socket;
    }

    /** The qdiscs of a device. */
    public List<Qdisc> list(int ifindex) {
        return socket.dump(
                message(Rtm.GETQDISC, 0, ifindex, 0),
                message -> {
                    Qdisc qdisc = Qdisc.read(message);
                    return qdisc.ifindex() == ifindex ? qdisc : null;
                },
                "list qdiscs",
                "ifindex " + ifindex);
    }

    /** Puts a new qdisc, with that kind's defaults, in the place of a device's root qdisc. */
    public void replaceRoot(int ifindex, String kind) {
        socket.execute(
                message(Rtm.NEWQDISC, Rtm.NLM_F_CREATE | Rtm.NLM_F_REPLACE, ifindex, Rtm.TC_H_ROOT)
                        .attribute(Rtm.TCA_KIND, kind),
                "set root qdisc " + kind,
                "ifindex " + ifindex);
    }

    /** Removes a device's root qdisc; the kernel puts the default one there. */
    public void deleteRoot(int ifindex) {
        socket.execute(message(Rtm.DELQDISC, 0, ifindex, Rtm.TC_H_ROOT), "delete root qdisc", "ifindex " + ifindex);
    }

    private static MessageWriter message(int type, int flags, int ifindex, int parent) {
        return new MessageWriter(type, flags)
                .u8(Rtm.AF_UNSPEC)
                .u8(0)
                .u16(0)
                .u32(ifindex)
                .u32(0)
                .u32(parent)
                .u32(0);
    }
}
