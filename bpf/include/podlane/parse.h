/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Reading headers: a cursor walks over them, and every step returns NULL where the packet ends too early. */
#ifndef PODLANE_PARSE_H
#define PODLANE_PARSE_H

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <stdbool.h>
#include <stddef.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

/* Ethernet, IPv4 with all options it can have, TCP without any. */
#define PARSE_HEADERS (sizeof(struct ethhdr) + 60 + sizeof(struct tcphdr))

#define IPV4_FRAGMENT_OFFSET 0x1fff
#define IPV4_MORE_FRAGMENTS  0x2000

struct cursor {
    void *position;
    void *end;
};

/* Starts at the Ethernet header. Pulls the headers into the linear part where they are not: after this, pointers into
 * the packet that were got before are void. */
static __always_inline struct cursor cursor_start(struct __sk_buff *skb) {
    __u32 want = skb->len < PARSE_HEADERS ? skb->len : PARSE_HEADERS;
    struct cursor cursor;

    if ((void *)(long)skb->data + want > (void *)(long)skb->data_end)
        bpf_skb_pull_data(skb, want);
    cursor.position = (void *)(long)skb->data;
    cursor.end = (void *)(long)skb->data_end;
    return cursor;
}

static __always_inline void *cursor_take(struct cursor *cursor, __u32 size) {
    void *taken = cursor->position;

    if (taken + size > cursor->end)
        return NULL;
    cursor->position = taken + size;
    return taken;
}

/* The Ethernet header, if what follows is of that protocol and belongs to this device: a frame with a VLAN tag belongs
 * to the VLAN's own device, whose programs will see it. */
static __always_inline struct ethhdr *take_ethernet(struct cursor *cursor, struct __sk_buff *skb, __u16 protocol) {
    struct ethhdr *ethernet = cursor_take(cursor, sizeof(*ethernet));

    if (!ethernet || ethernet->h_proto != bpf_htons(protocol) || skb->vlan_present)
        return NULL;
    return ethernet;
}

/* The IPv4 header; the cursor then stands behind its options. Trusts no length but the header's own: total length is 0
 * in a BIG TCP packet. */
static __always_inline struct iphdr *take_ipv4(struct cursor *cursor) {
    struct iphdr *ip = cursor_take(cursor, sizeof(*ip));

    if (!ip || ip->version != 4 || ip->ihl < 5)
        return NULL;
    cursor->position = (void *)ip;
    if (!cursor_take(cursor, ip->ihl * 4))
        return NULL;
    return ip;
}

#endif
