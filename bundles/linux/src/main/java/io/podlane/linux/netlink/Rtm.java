// SPDX-License-Identifier: Apache-2.0
package io.podlane.linux.netlink;

/** The kernel's numbers (include/uapi/linux: netlink.h, rtnetlink.h, if_link.h, if_addr.h, neighbour.h, if.h). */
final class Rtm {
    static final int AF_UNSPEC = 0;
    static final int AF_INET = 2;
    static final int AF_INET6 = 10;
    static final int AF_NETLINK = 16;

    static final int NLMSG_NOOP = 1;
    static final int NLMSG_ERROR = 2;
    static final int NLMSG_DONE = 3;

    static final int NLM_F_REQUEST = 0x1;
    static final int NLM_F_ACK = 0x4;
    static final int NLM_F_DUMP_INTR = 0x10;
    static final int NLM_F_DUMP = 0x300;
    static final int NLM_F_REPLACE = 0x100;
    static final int NLM_F_EXCL = 0x200;
    static final int NLM_F_CREATE = 0x400;
    static final int NLM_F_CAPPED = 0x100;
    static final int NLM_F_ACK_TLVS = 0x200;

    static final int NLMSGERR_ATTR_MSG = 1;

    static final int NEWLINK = 16;
    static final int DELLINK = 17;
    static final int GETLINK = 18;
    static final int SETLINK = 19;
    static final int NEWADDR = 20;
    static final int DELADDR = 21;
    static final int GETADDR = 22;
    static final int NEWROUTE = 24;
    static final int DELROUTE = 25;
    static final int GETROUTE = 26;
    static final int NEWNEIGH = 28;
    static final int DELNEIGH = 29;
    static final int GETNEIGH = 30;
    static final int NEWQDISC = 36;
    static final int DELQDISC = 37;
    static final int GETQDISC = 38;
    static final int GETNSID = 90;

    static final int IFF_UP = 0x1;
    static final int IFF_NOARP = 0x80;
    static final int IFF_LOWER_UP = 0x10000;

    static final int IFLA_ADDRESS = 1;
    static final int IFLA_IFNAME = 3;
    static final int IFLA_MTU = 4;
    static final int IFLA_LINK = 5;
    static final int IFLA_MASTER = 10;
    static final int IFLA_LINKINFO = 18;
    static final int IFLA_NET_NS_FD = 28;
    static final int IFLA_LINK_NETNSID = 37;
    static final int IFLA_GSO_MAX_SIZE = 41;
    static final int IFLA_TARGET_NETNSID = 46;
    static final int IFLA_GRO_MAX_SIZE = 58;
    static final int IFLA_TSO_MAX_SIZE = 59;
    static final int IFLA_GSO_IPV4_MAX_SIZE = 63;
    static final int IFLA_GRO_IPV4_MAX_SIZE = 64;
    static final int IFLA_INFO_KIND = 1;
    static final int IFLA_INFO_DATA = 2;
    static final int VETH_INFO_PEER = 1;
    static final int IFLA_NETKIT_PEER_INFO = 1;
    static final int IFLA_NETKIT_PRIMARY = 2;
    static final int IFLA_NETKIT_POLICY = 3;
    static final int IFLA_NETKIT_PEER_POLICY = 4;
    static final int IFLA_NETKIT_MODE = 5;
    static final int IFLA_NETKIT_SCRUB = 6;
    static final int IFLA_NETKIT_PEER_SCRUB = 7;
    static final int IFLA_NETKIT_HEADROOM = 8;
    static final int IFLA_NETKIT_TAILROOM = 9;
    static final int IFLA_NETKIT_PAIRING = 10;
    static final int IFLA_IPVLAN_MODE = 1;

    static final int NETNSA_NSID = 1;
    static final int NETNSA_FD = 3;

    static final int IFA_ADDRESS = 1;
    static final int IFA_LOCAL = 2;
    static final int IFA_FLAGS = 8;
    static final int IFA_F_NODAD = 0x2;

    static final int RTA_DST = 1;
    static final int RTA_OIF = 4;
    static final int RTA_GATEWAY = 5;
    static final int RTA_PRIORITY = 6;
    static final int RTA_PREFSRC = 7;
    static final int RTA_TABLE = 15;
    static final int RTNH_F_ONLINK = 4;

    static final int NDA_DST = 1;
    static final int NDA_LLADDR = 2;
    static final int NUD_PERMANENT = 0x80;

    static final int TCA_KIND = 1;
    static final int TC_H_ROOT = 0xffffffff;

    private Rtm() {}

    static int family(java.net.InetAddress address) {
        return address instanceof java.net.Inet4Address ? AF_INET : AF_INET6;
    }
}
