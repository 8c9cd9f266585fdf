// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Packets go from device to device, past the node's upper stack: to pods of this node, and to other nodes' pods.
// In: a pod's packets before and after translation, an uplink's after it. Out: a redirect, DROP of a forged source, or
// NEXT: whatever is not simply passed on (too old, too big, to the node itself, to the world outside) is the stack's
// work.
#include <podlane/drop.h>
#include <podlane/parse.h>
#include <podlane/routes.h>

#define AF_INET 2

// Takes one hop off an IPv4 packet, and addresses the frame.
static __always_inline void forward(struct ethhdr *ethernet, struct iphdr *ip, const __u8 *mac) {
    // As ip_decrease_ttl() in include/net/ip.h: the checksum by difference (RFC 1141), so a wrong one stays wrong.
    __u32 check = ip->check;

    check += bpf_htons(0x0100);
    ip->check = (__u16)(check + (check >= 0xffff));
    ip->ttl--;
    if (mac)
        __builtin_memcpy(ethernet->h_dest, mac, sizeof(ethernet->h_dest));
}

// Whether a device takes a packet of that size; the stack tells the sender if not, or fragments.
static __always_inline bool fits(struct __sk_buff *skb, __u32 ifindex) {
    __u32 mtu = 0;

    return bpf_check_mtu(skb, ifindex, &mtu, 0, BPF_MTU_CHK_SEGS) == 0;
}

// Into a pod's network namespace. bpf_redirect_peer() saves a queue, but works at tc ingress only and passes by what is
// attached to the pod's ingress.
static __always_inline int to_pod(struct __sk_buff *skb, struct ethhdr *ethernet, struct iphdr *ip,
                                  const struct route_pod *pod) {
    struct route_target target = route_read_target(pod);
    // __netif_receive_skb_core() sets it to the device's own index before tc ingress; netkit_prep_forward() clears it.
    bool tc_ingress = skb->ingress_ifindex == skb->ifindex;

    if (!target.ifindex)
        return PODLANE_NEXT;
    if (tc_ingress && !(target.flags & ROUTE_POD_INGRESS_CHAIN)) {
        forward(ethernet, ip, pod->mac);
        return bpf_redirect_peer(target.ifindex, 0);
    }
    if (!fits(skb, target.ifindex))
        return PODLANE_NEXT;
    forward(ethernet, ip, pod->mac);
    return bpf_redirect(target.ifindex, 0);
}

static __always_inline int to_node(struct __sk_buff *skb, struct ethhdr *ethernet, struct iphdr *ip,
                                   const struct route_next_hop *hop) {
    struct bpf_redir_neigh neighbour = {.nh_family = AF_INET, .ipv4_nh = ipv4_of_address(&hop->address)};
    __u32 ifindex = hop->ifindex;

    if (!fits(skb, ifindex))
        return PODLANE_NEXT;
    forward(ethernet, ip, NULL);
    return bpf_redirect_neigh(ifindex, &neighbour, sizeof(neighbour), 0);
}

// Before any translation, which replaces sources.
SEC("tc")
int podlane_route_check_source(struct __sk_buff *skb) {
    struct cursor cursor = cursor_start(skb);
    struct route_pod *pod;
    struct iphdr *ip;

    if (!take_ethernet(&cursor, skb, ETH_P_IP))
        return PODLANE_NEXT;
    ip = take_ipv4(&cursor);
    if (!ip)
        return PODLANE_NEXT;
    pod = route_find_pod4(ip->saddr);
    // On netkit, too, this is the node's side: netkit_xmit() sets skb->dev to the peer of the device that transmits.
    if (!pod || route_read_target(pod).ifindex != skb->ifindex)
        return podlane_drop(SPOOFED_SOURCE);
    return PODLANE_NEXT;
}

// The headers of a packet that may be passed on: an IPv4 packet that is not too old. NULL if it may not.
static __always_inline struct iphdr *take_headers(struct __sk_buff *skb, struct ethhdr **ethernet) {
    struct cursor cursor = cursor_start(skb);
    struct iphdr *ip;

    *ethernet = take_ethernet(&cursor, skb, ETH_P_IP);
    if (!*ethernet)
        return NULL;
    ip = take_ipv4(&cursor);
    return ip && ip->ttl > 1 ? ip : NULL;
}

SEC("tc")
int podlane_route_from_pod(struct __sk_buff *skb) {
    struct route_prefix4 destination = {.length = 32};
    struct route_next_hop *hop;
    struct ethhdr *ethernet;
    struct route_pod *pod;
    struct iphdr *ip;

    ip = take_headers(skb, &ethernet);
    if (!ip)
        return PODLANE_NEXT;
    pod = route_find_pod4(ip->daddr);
    if (pod)
        return to_pod(skb, ethernet, ip, pod);
    destination.address = ip->daddr;
    hop = bpf_map_lookup_elem(&route_remote4_v1, &destination);
    return hop ? to_node(skb, ethernet, ip, hop) : PODLANE_NEXT;
}

SEC("tc")
int podlane_route_from_uplink(struct __sk_buff *skb) {
    struct ethhdr *ethernet;
    struct route_pod *pod;
    struct iphdr *ip;

    // A device in promiscuous mode also hears what is meant for others.
    if (skb->pkt_type != 0 /* PACKET_HOST */)
        return PODLANE_NEXT;
    ip = take_headers(skb, &ethernet);
    if (!ip)
        return PODLANE_NEXT;
    pod = route_find_pod4(ip->daddr);
    return pod ? to_pod(skb, ethernet, ip, pod) : PODLANE_NEXT;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
