// SPDX-License-Identifier: Apache-2.0
package io.podlane.linux.netlink;

import java.util.List;

/** Addresses of devices. Each method throws {@link io.podlane.api.kernel.KernelException} if the kernel refuses. */
public final class Addresses {
    private final NetlinkSocket socket;

    Addresses(NetlinkSocket socket) {
        this.socket = socket;
    }

    /** Adds an address. Whether someone else has the IPv6 address already is not asked, so it works at once. */
    public void add(Address address) {
        socket.execute(
                message(Rtm.NEWADDR, Rtm.NLM_F_CREATE | Rtm.NLM_F_EXCL, address), "add address", address.toString());
    }

    /** Adds an address unless it is there. */
    public void replace(Address address) {
        socket.execute(
                message(Rtm.NEWADDR, Rtm.NLM_F_CREATE | Rtm.NLM_F_REPLACE, address), "set address", address.toString());
    }

    /** Removes an address. */
    public void delete(Address address) {
        socket.execute(message(Rtm.DELADDR, 0, address), "delete address", address.toString());
    }

    /** The addresses of all devices. */
    public List<Address> list() {
        return list(0);
    }

    /** The addresses of one device. */
    public List<Address> list(int ifindex) {
        var request = new MessageWriter(Rtm.GETADDR, 0);
        request.u8(Rtm.AF_UNSPEC).u8(0).u8(0).u8(0).u32(ifindex);
        return socket.dump(
                request,
                message -> {
                    Address address = Address.read(message);
                    return ifindex == 0 || address.ifindex() == ifindex ? address : null;
                },
                "list addresses",
                ifindex == 0 ? "all" : "ifindex " + ifindex);
    }

    static MessageWriter message(int type, int flags, Address address) {
        int family = Rtm.family(address.ip());
        var message = new MessageWriter(type, flags);
        message.u8(family).u8(address.prefixLength()).u8(0).u8(0).u32(address.ifindex());
        message.attribute(Rtm.IFA_LOCAL, address.ip()).attribute(Rtm.IFA_ADDRESS, address.ip());
        if (family == Rtm.AF_INET6 && type == Rtm.NEWADDR) {
            message.attribute32(Rtm.IFA_FLAGS, Rtm.IFA_F_NODAD);
        }
        return message;
    }
}
