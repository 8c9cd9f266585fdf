// SPDX-License-Identifier: Apache-2.0
package io.podlane.linux.netlink;

/**
 * What a netkit device says of itself (drivers/net/netkit.c, netkit_fill_info()).
 *
 * @param primary whether it is the side that programs are attached through
 * @param mode which layer it carries
 * @param policy what happens to what this side sends while no program is attached
 * @param peerPolicy the same for the other side; {@code FORWARD} where there is no other side
 * @param scrub what is removed from a packet that this side sends
 * @param peerScrub the same for the other side
 * @param headroom bytes that it wants before a packet, 0 to 65535
 * @param tailroom bytes that it wants after a packet, 0 to 65535
 * @param pairing one device or two
 */
public record Netkit(
        boolean primary,
        Mode mode,
        Policy policy,
        Policy peerPolicy,
        Scrub scrub,
        Scrub peerScrub,
        int headroom,
        int tailroom,
        Pairing pairing) {
    /** Which layer it carries. */
    public enum Mode {
        L2,
        L3
    }

    /** What happens to packets while no program is attached. */
    public enum Policy {
        FORWARD(0),
        BLACKHOLE(2);

        final int number;

        Policy(int number) {
            this.number = number;
        }
    }

    /** What is removed from a packet on its way to the other side (Linux 6.13): nothing, or mark and priority too. */
    public enum Scrub {
        NONE,
        DEFAULT
    }

    /** One device or two (Linux 7.1). */
    public enum Pairing {
        PAIR,
        SINGLE
    }

    static Netkit read(Attributes data) {
        return new Netkit(
                data.u8(Rtm.IFLA_NETKIT_PRIMARY).orElse(0) != 0,
                data.u32(Rtm.IFLA_NETKIT_MODE).orElse(Mode.L3.ordinal()) == Mode.L2.ordinal() ? Mode.L2 : Mode.L3,
                policy(data.u32(Rtm.IFLA_NETKIT_POLICY).orElse(0)),
                policy(data.u32(Rtm.IFLA_NETKIT_PEER_POLICY).orElse(0)),
                scrub(data.u32(Rtm.IFLA_NETKIT_SCRUB).orElse(Scrub.DEFAULT.ordinal())),
                scrub(data.u32(Rtm.IFLA_NETKIT_PEER_SCRUB).orElse(Scrub.DEFAULT.ordinal())),
                data.u16(Rtm.IFLA_NETKIT_HEADROOM).orElse(0),
                data.u16(Rtm.IFLA_NETKIT_TAILROOM).orElse(0),
                data.u32(Rtm.IFLA_NETKIT_PAIRING).orElse(0) == Pairing.SINGLE.ordinal()
                        ? Pairing.SINGLE
                        : Pairing.PAIR);
    }

    private static Policy policy(int number) {
        return number == Policy.FORWARD.number ? Policy.FORWARD : Policy.BLACKHOLE;
    }

    private static Scrub scrub(int number) {
        return number == Scrub.NONE.ordinal() ? Scrub.NONE : Scrub.DEFAULT;
    }
}
