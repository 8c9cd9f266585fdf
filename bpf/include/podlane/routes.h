/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Where the pods are: written by io.podlane.hostrouting, read by whoever sends packets from device to device. */
#ifndef PODLANE_ROUTES_H
#define PODLANE_ROUTES_H

#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>
#include "address.h"

#define ROUTE_MAX_PODS    4096  /* addresses of pods of this node; 128 KiB */
#define ROUTE_MAX_REMOTES 16384 /* address blocks of other nodes; memory as they come */

enum route_pod_flags {
    ROUTE_POD_INGRESS_CHAIN = 1, /* programs wait at its ingress: do not skip them with bpf_redirect_peer() */
};

/* One address of a pod of this node. The key stands here again: compare it. */
struct route_pod {
    struct podlane_address address;
    __u64 target; /* bits 0-31 ifindex of the node's side of its device, 0 while there is none; 32-63 flags */
    __u8 mac[6];  /* of the pod's side; zero for netkit in L3 mode */
    __u8 reserved[2];
};

struct route_prefix4 {
    __u32 length;
    __be32 address;
};

struct route_next_hop {
    struct podlane_address address;
    __u32 ifindex;
    __u32 reserved;
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __uint(max_entries, ROUTE_MAX_PODS);
    __type(key, __be32);
    __type(value, __u32);
    __uint(pinning, LIBBPF_PIN_BY_NAME);
} route_pods4_v1 SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(map_flags, BPF_F_MMAPABLE);
    __uint(max_entries, ROUTE_MAX_PODS);
    __type(key, __u32);
    __type(value, struct route_pod);
    __uint(pinning, LIBBPF_PIN_BY_NAME);
} route_pods_v1 SEC(".maps");

/* The kernel replaces an element of a trie as a whole (trie_update_elem() in kernel/bpf/lpm_trie.c). */
struct {
    __uint(type, BPF_MAP_TYPE_LPM_TRIE);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __uint(max_entries, ROUTE_MAX_REMOTES);
    __type(key, struct route_prefix4);
    __type(value, struct route_next_hop);
    __uint(pinning, LIBBPF_PIN_BY_NAME);
} route_remote4_v1 SEC(".maps");

/* What one load of a pod's target says. */
struct route_target {
    __u32 ifindex;
    __u32 flags;
};

static __always_inline struct route_target route_read_target(const struct route_pod *pod) {
    __u64 word = *(const volatile __u64 *)&pod->target;
    struct route_target target = {.ifindex = (__u32)word, .flags = (__u32)(word >> 32)};
    return target;
}

/* The pod of this node that has an address, or NULL. */
static __always_inline struct route_pod *route_find_pod4(__be32 address) {
    /* Twice: the element may have been taken by another address between the lookup and the read of its value. */
    for (int attempt = 0; attempt < 2; attempt++) {
        __u32 *index = bpf_map_lookup_elem(&route_pods4_v1, &address);
        struct route_pod *pod;

        if (!index)
            return NULL;
        pod = bpf_map_lookup_elem(&route_pods_v1, index);
        if (pod && ipv4_of_address(&pod->address) == address)
            return pod;
    }
    return NULL;
}

#endif
