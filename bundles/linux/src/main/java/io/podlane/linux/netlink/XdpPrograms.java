// SPDX-License-Identifier: Apache-2.0
package io.podlane.linux.netlink;

import java.util.OptionalInt;

/** Which XDP programs run, which the kernel tells through rtnetlink and not through bpf(2). */
public final class XdpPrograms {
    private static final int IFLA_XDP = 43;
    private static final int IFLA_XDP_PROG_ID = 4;

    private XdpPrograms() {}

    /**
     * The kernel's id of the XDP program of a device in the current thread's network namespace.
     *
     * @throws io.podlane.api.kernel.KernelException ENODEV if there is no such device
     */
    public static OptionalInt attached(int ifindex) {
        try (var socket = NetlinkSocket.open(0)) {
            var request = new MessageWriter(Rtm.GETLINK, 0)
                    .u8(Rtm.AF_UNSPEC)
                    .u8(0)
                    .u16(0)
                    .u32(ifindex)
                    .u32(0)
                    .u32(0);
            int id = socket.get(
                    request,
                    message -> message.attributes(16)
                            .nested(IFLA_XDP)
                            .map(xdp -> xdp.u32(IFLA_XDP_PROG_ID).orElse(0))
                            .orElse(0),
                    "read XDP program",
                    "ifindex " + ifindex);
            return id == 0 ? OptionalInt.empty() : OptionalInt.of(id);
        }
    }
}
