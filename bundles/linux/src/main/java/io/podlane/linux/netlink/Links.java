// SPDX-License-Identifier: Apache-2.0
package io.podlane.linux.netlink;

import io.podlane.api.kernel.Errno;
import io.podlane.api.kernel.KernelException;
import io.podlane.linux.netns.NetworkNamespace;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Network devices. Each method throws {@link KernelException} if the kernel refuses. */
public final class Links {
    private final NetlinkSocket socket;

    Links(NetlinkSocket socket) {
        this.socket = socket;
    }

    /** Makes a device, or a pair; either all of it or nothing. */
    public void create(LinkSpec spec) {
        socket.execute(creation(spec), "create link", spec.describe());
    }

    static MessageWriter creation(LinkSpec spec) {
        var message = new MessageWriter(Rtm.NEWLINK, Rtm.NLM_F_CREATE | Rtm.NLM_F_EXCL);
        spec.side().encode(message);
        if (spec instanceof LinkSpec.Ipvlan ipvlan) {
            message.attribute32(Rtm.IFLA_LINK, ipvlan.lower());
        }
        return message.nest(Rtm.IFLA_LINKINFO, () -> spec.encode(message));
    }

    /** Removes a device, and with it the other end of a pair. */
    public void delete(int ifindex) {
        socket.execute(header(Rtm.DELLINK, ifindex), "delete link", "ifindex " + ifindex);
    }

    /** The device of a name, if there is one. */
    public Optional<Link> find(String name) {
        return find(header(Rtm.GETLINK, 0).attribute(Rtm.IFLA_IFNAME, name), name);
    }

    /** The device of an index, if there is one. */
    public Optional<Link> find(int ifindex) {
        return find(header(Rtm.GETLINK, ifindex), "ifindex " + ifindex);
    }

    /**
     * The device of an index in another namespace. (Only reading works this way: a request to change it would act on the
     * device of that index in this namespace.)
     *
     * @param netnsId that namespace's id in this one, such as {@link Link#peerNetnsId}
     */
    public Optional<Link> find(int ifindex, int netnsId) {
        return find(
                header(Rtm.GETLINK, ifindex).attribute32(Rtm.IFLA_TARGET_NETNSID, netnsId),
                "ifindex " + ifindex + " in namespace " + netnsId);
    }

    /** The device of a name, if it is of that kind and its other end is in that namespace. */
    public Optional<Link> findPair(String name, String kind, NetworkNamespace peerIn) {
        // The kernel numbers the other namespace at the latest when it is asked for the device.
        return find(name)
                .filter(link -> link.kind().equals(kind)
                        && link.peerNetnsId().isPresent()
                        && link.peerNetnsId().equals(netnsId(peerIn)));
    }

    private Optional<Link> find(MessageWriter request, String subject) {
        try {
            return Optional.of(socket.get(request, Link::read, "read link", subject));
        } catch (KernelException e) {
            if (e.errno().equals(Errno.ENODEV)) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** All devices. */
    public List<Link> list() {
        return socket.dump(header(Rtm.GETLINK, 0), Link::read, "list links", "all");
    }

    /** Switches a device on. */
    public void setUp(int ifindex) {
        set(ifindex, flags(ifindex, Rtm.IFF_UP, Rtm.IFF_UP), "switch on link");
    }

    /** Switches a device off. */
    public void setDown(int ifindex) {
        set(ifindex, flags(ifindex, 0, Rtm.IFF_UP), "switch off link");
    }

    /** Sets the largest packet, in bytes. */
    public void setMtu(int ifindex, int bytes) {
        set(ifindex, header(Rtm.SETLINK, ifindex).attribute32(Rtm.IFLA_MTU, bytes), "set mtu " + bytes + " of link");
    }

    /** Sets the hardware address. */
    public void setMac(int ifindex, MacAddress mac) {
        set(ifindex, header(Rtm.SETLINK, ifindex).attribute(Rtm.IFLA_ADDRESS, mac.bytes()), "set mac of link");
    }

    /** Sets what happens to packets of a netkit pair while no program is attached. Ask its primary side. */
    public void setNetkitPolicies(int ifindex, Netkit.Policy policy, Netkit.Policy peerPolicy) {
        var request = header(Rtm.NEWLINK, ifindex);
        request.nest(Rtm.IFLA_LINKINFO, () -> {
            request.attribute(Rtm.IFLA_INFO_KIND, "netkit");
            request.nest(Rtm.IFLA_INFO_DATA, () -> {
                request.attribute32(Rtm.IFLA_NETKIT_POLICY, policy.number);
                request.attribute32(Rtm.IFLA_NETKIT_PEER_POLICY, peerPolicy.number);
            });
        });
        set(ifindex, request, "set policies " + policy + " and " + peerPolicy + " of link");
    }

    /** Renames a device. */
    public void rename(int ifindex, String name) {
        set(ifindex, header(Rtm.SETLINK, ifindex).attribute(Rtm.IFLA_IFNAME, name), "rename link to " + name);
    }

    /** Moves a device to another namespace. It loses its addresses and is switched off. */
    public void move(int ifindex, NetworkNamespace to) {
        set(ifindex, header(Rtm.SETLINK, ifindex).attribute32(Rtm.IFLA_NET_NS_FD, to.fd()), "move link to " + to);
    }

    /** As above, and gives it that name there. If the name is taken there, it has been moved all the same. */
    public void move(int ifindex, NetworkNamespace to, String name) {
        var request = header(Rtm.SETLINK, ifindex)
                .attribute32(Rtm.IFLA_NET_NS_FD, to.fd())
                .attribute(Rtm.IFLA_IFNAME, name);
        set(ifindex, request, "move link to " + to + " as " + name);
    }

    /** What this namespace calls another one, if it has a number for it: one that a device here has its other end in does. */
    public OptionalInt netnsId(NetworkNamespace other) {
        var request = new MessageWriter(Rtm.GETNSID, 0);
        request.u8(Rtm.AF_UNSPEC).u8(0).u16(0).attribute32(Rtm.NETNSA_FD, other.fd());
        int id = socket.get(
                request,
                message -> message.attributes(4).u32(Rtm.NETNSA_NSID).orElse(-1),
                "read namespace id",
                other.toString());
        return id < 0 ? OptionalInt.empty() : OptionalInt.of(id);
    }

    private void set(int ifindex, MessageWriter request, String operation) {
        socket.execute(request, operation, "ifindex " + ifindex);
    }

    private static MessageWriter header(int type, int ifindex) {
        return new MessageWriter(type, 0)
                .u8(Rtm.AF_UNSPEC)
                .u8(0)
                .u16(0)
                .u32(ifindex)
                .u32(0)
                .u32(0);
    }

    private static MessageWriter flags(int ifindex, int value, int mask) {
        return new MessageWriter(Rtm.SETLINK, 0)
                .u8(Rtm.AF_UNSPEC)
                .u8(0)
                .u16(0)
                .u32(ifindex)
                .u32(value)
                .u32(mask);
    }
}
