/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Connections that were translated, and only those. Each has two entries, keyed by the packet as it is at lookup: one
 * from the client to the frontend, one from the backend to the client. An entry holds addresses, not ids, so that no
 * change of the service table disturbs a connection. Nobody collects: readers check the age, and the map is an LRU. */
#ifndef PODLANE_CONNTRACK_H
#define PODLANE_CONNTRACK_H

#include <linux/bpf.h>
#include <linux/in.h>
#include <linux/types.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>
#include "address.h"

/* Two entries a connection, 104 bytes each and 16 a bucket: 30 MiB of kernel memory for 131,072 connections. */
#define CT_MAX_ENTRIES 262144

enum ct_kind {
    CT_TO_BACKEND = 1,  /* the packet's destination becomes the address */
    CT_TO_FRONTEND = 2, /* the packet's source becomes the address */
};

/* What has been seen of a TCP connection, in both entries alike. */
enum ct_state {
    CT_ESTABLISHED = 1, /* a packet without SYN, from the client */
    CT_CLIENT_FIN = 2,
    CT_BACKEND_FIN = 4,
    CT_RESET = 8,
};

#define CT_SECOND 1000000000ULL

struct ct_tuple4 {
    __be32 source;
    __be32 destination;
    __be16 source_port;
    __be16 destination_port;
    __u8 protocol;
    __u8 reserved[3];
};

struct ct_flow {
    struct podlane_address address;
    __be16 port;
    __u8 kind;
    __u8 reserved;
    __u32 service; /* index in svc_services_v1 and */
    __u32 backend; /* in svc_backends_v1 when the flow began: hints, to be checked */
    __u32 state;
    __u64 seen; /* CLOCK_MONOTONIC_COARSE of the last packet, give or take a second, in nanoseconds */
};

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, CT_MAX_ENTRIES);
    __type(key, struct ct_tuple4);
    __type(value, struct ct_flow);
    __uint(pinning, LIBBPF_PIN_BY_NAME);
} conntrack4_v1 SEC(".maps");

/* How long an entry lives without a packet. The hour for half-closed connections is kube-proxy's
 * (--conntrack-tcp-timeout-close-wait): a backend may think that long about a request that the client has ended. */
static __always_inline __u64 ct_lifetime(__u8 protocol, __u32 state) {
    if (protocol == IPPROTO_UDP)
        return 60 * CT_SECOND;
    if (state & CT_RESET || (state & (CT_CLIENT_FIN | CT_BACKEND_FIN)) == (CT_CLIENT_FIN | CT_BACKEND_FIN))
        return 10 * CT_SECOND;
    if (state & (CT_CLIENT_FIN | CT_BACKEND_FIN))
        return 3600 * CT_SECOND;
    return (state & CT_ESTABLISHED ? 8000 : 60) * CT_SECOND;
}

static __always_inline __u64 ct_age(const struct ct_flow *flow, __u64 now) {
    __s64 age = now - flow->seen;

    /* Another CPU may have stored a later time than ours. */
    return age > 0 ? age : 0;
}

static __always_inline bool ct_expired(const struct ct_flow *flow, __u8 protocol, __u64 now) {
    return ct_age(flow, now) > ct_lifetime(protocol, flow->state);
}

#endif
