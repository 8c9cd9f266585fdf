// SPDX-License-Identifier: Apache-2.0
package io.podlane.linux.netlink;

import io.podlane.linux.netns.NetworkNamespace;
import java.util.Objects;
import java.util.Optional;

/** A device to be made. */
public sealed interface LinkSpec {
    /** Its own side; for a pair the one in this namespace unless that says otherwise. */
    Side side();

    /** For errors: the names that could be taken, and where. */
    default String describe() {
        return side().describe();
    }

    /** Writes the IFLA_LINKINFO. */
    void encode(MessageWriter message);

    /**
     * One device, or one end of a pair.
     *
     * @param name at most 15 bytes
     * @param mtu in bytes; 0 for the kind's default
     * @param mac its hardware address; {@link MacAddress#NONE} for one by chance
     * @param netns where it is made; empty for this namespace
     * @param up whether to switch it on; the far end of a pair can be switched on only later, since it is made first
     */
    record Side(String name, int mtu, MacAddress mac, Optional<NetworkNamespace> netns, boolean up) {
        private static final int IFNAMSIZ = 16;

        public Side {
            if (name.isEmpty() || name.getBytes(java.nio.charset.StandardCharsets.UTF_8).length >= IFNAMSIZ) {
                throw new IllegalArgumentException("'" + name + "' is no device name: it must have 1 to 15 bytes");
            }
            Objects.requireNonNull(mac);
            Objects.requireNonNull(netns);
        }

        /** In this namespace, off. */
        public static Side named(String name) {
            return new Side(name, 0, MacAddress.NONE, Optional.empty(), false);
        }

        public Side mtu(int bytes) {
            return new Side(name, bytes, mac, netns, up);
        }

        public Side mac(MacAddress address) {
            return new Side(name, mtu, address, netns, up);
        }

        public Side in(NetworkNamespace namespace) {
            return new Side(name, mtu, mac, Optional.of(namespace), up);
        }

        public Side switchedOn() {
            return new Side(name, mtu, mac, netns, true);
        }

        String describe() {
            return name + netns.map(namespace -> " in " + namespace).orElse("");
        }

        void encode(MessageWriter message) {
            int flags = up ? Rtm.IFF_UP : 0;
            message.u8(Rtm.AF_UNSPEC).u8(0).u16(0).u32(0).u32(flags).u32(flags);
            message.attribute(Rtm.IFLA_IFNAME, name);
            if (mtu > 0) {
                message.attribute32(Rtm.IFLA_MTU, mtu);
            }
            if (!mac.equals(MacAddress.NONE)) {
                message.attribute(Rtm.IFLA_ADDRESS, mac.bytes());
            }
            netns.ifPresent(namespace -> message.attribute32(Rtm.IFLA_NET_NS_FD, namespace.fd()));
        }
    }

    /** A veth pair. */
    record Veth(Side side, Side peer) implements LinkSpec {
        public Veth {
            refuseSwitchedOn(peer);
        }

        @Override
        public String describe() {
            return side.describe() + " with " + peer.describe();
        }

        @Override
        public void encode(MessageWriter message) {
            message.attribute(Rtm.IFLA_INFO_KIND, "veth");
            message.nest(Rtm.IFLA_INFO_DATA, () -> message.enclose(Rtm.VETH_INFO_PEER, () -> peer.encode(message)));
        }
    }

    /**
     * A netkit pair; {@code side} is the primary. What equals the kernel's default is not sent, so that a kernel that does
     * not know of it is asked for nothing new.
     */
    record NetkitPair(
            Side side,
            Side peer,
            Netkit.Mode mode,
            Netkit.Policy policy,
            Netkit.Policy peerPolicy,
            Netkit.Scrub scrub,
            Netkit.Scrub peerScrub,
            int headroom,
            int tailroom)
            implements LinkSpec {
        public NetkitPair {
            refuseSwitchedOn(peer);
            checkRoom(headroom);
            checkRoom(tailroom);
            boolean macs = !side.mac().equals(MacAddress.NONE) || !peer.mac().equals(MacAddress.NONE);
            if (macs && mode == Netkit.Mode.L3) {
                throw new IllegalArgumentException("a netkit pair in L3 mode has no hardware addresses");
            }
        }

        /** With the kernel's own defaults for the rest. */
        public NetkitPair(Side side, Side peer, Netkit.Mode mode, Netkit.Policy policy, Netkit.Policy peerPolicy) {
            this(side, peer, mode, policy, peerPolicy, Netkit.Scrub.DEFAULT, Netkit.Scrub.DEFAULT, 0, 0);
        }

        @Override
        public String describe() {
            return side.describe() + " with " + peer.describe();
        }

        @Override
        public void encode(MessageWriter message) {
            message.attribute(Rtm.IFLA_INFO_KIND, "netkit");
            message.nest(Rtm.IFLA_INFO_DATA, () -> {
                message.attribute32(Rtm.IFLA_NETKIT_MODE, mode.ordinal());
                message.attribute32(Rtm.IFLA_NETKIT_POLICY, policy.number);
                message.attribute32(Rtm.IFLA_NETKIT_PEER_POLICY, peerPolicy.number);
                if (scrub != Netkit.Scrub.DEFAULT) {
                    message.attribute32(Rtm.IFLA_NETKIT_SCRUB, scrub.ordinal());
                }
                if (peerScrub != Netkit.Scrub.DEFAULT) {
                    message.attribute32(Rtm.IFLA_NETKIT_PEER_SCRUB, peerScrub.ordinal());
                }
                encodeRoom(message, headroom, tailroom);
                message.enclose(Rtm.IFLA_NETKIT_PEER_INFO, () -> peer.encode(message));
            });
        }
    }

    /** A netkit device without a peer (Linux 7.1), for queues leased from a network card. */
    record NetkitSingle(Side side, Netkit.Mode mode, int headroom, int tailroom) implements LinkSpec {
        public NetkitSingle {
            checkRoom(headroom);
            checkRoom(tailroom);
        }

        @Override
        public void encode(MessageWriter message) {
            message.attribute(Rtm.IFLA_INFO_KIND, "netkit");
            message.nest(Rtm.IFLA_INFO_DATA, () -> {
                message.attribute32(Rtm.IFLA_NETKIT_MODE, mode.ordinal());
                encodeRoom(message, headroom, tailroom);
                message.attribute32(Rtm.IFLA_NETKIT_PAIRING, Netkit.Pairing.SINGLE.ordinal());
            });
        }
    }

    /**
     * An ipvlan device.
     *
     * @param lower the index of the device below it
     */
    record Ipvlan(Side side, int lower, Mode mode) implements LinkSpec {
        /** How packets are told apart (drivers/net/ipvlan/). */
        public enum Mode {
            L2,
            L3,
            L3S
        }

        @Override
        public void encode(MessageWriter message) {
            message.attribute(Rtm.IFLA_INFO_KIND, "ipvlan");
            message.nest(Rtm.IFLA_INFO_DATA, () -> message.attribute16(Rtm.IFLA_IPVLAN_MODE, mode.ordinal()));
        }
    }

    // netkit_open() and veth_open() answer ENOTCONN as long as the other side is not there.
    private static void refuseSwitchedOn(Side peer) {
        if (peer.up()) {
            throw new IllegalArgumentException(peer.name() + ": the far end of a pair cannot be made switched on");
        }
    }

    private static void checkRoom(int bytes) {
        if (bytes < 0 || bytes > 0xffff) {
            throw new IllegalArgumentException("room of " + bytes + " bytes is not between 0 and 65535");
        }
    }

    private static void encodeRoom(MessageWriter message, int headroom, int tailroom) {
        if (headroom > 0) {
            message.attribute16(Rtm.IFLA_NETKIT_HEADROOM, headroom);
        }
        if (tailroom > 0) {
            message.attribute16(Rtm.IFLA_NETKIT_TAILROOM, tailroom);
        }
    }
}
