/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Every drop goes through podlane_drop(), which counts its reason. Reasons are never renumbered: the map is pinned.
 * podlane:drops shows them; bundles/tcx's DropReason says the same as the comments here, and a test compares the two.
 */
#ifndef PODLANE_DROP_H
#define PODLANE_DROP_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "verdict.h"

enum podlane_drop_reason {
    DROP_UNSPECIFIED = 0,    /* nobody says why */
    DROP_NO_ENDPOINTS = 1,   /* to a service that has no endpoint which could take it */
    DROP_FRAGMENT = 2,       /* a fragment to or from a service: only the first one names the ports */
    DROP_FLOW_COLLISION = 3, /* the client talks to the same backend from the same port through another service */
    DROP_CONNTRACK_FULL = 4, /* no room to remember the connection */
    DROP_REWRITE_FAILED = 5, /* no memory to make the packet writable */
    DROP_TABLE_CORRUPT = 6,  /* a service names a slot or backend that is not there */
    DROP_SPOOFED_SOURCE = 7, /* a pod sent from an address that is not its own */
    /* 128 to 255 are for extensions. */
    DROP_REASONS = 256,
};

/* 256 reasons * 8 bytes on each CPU. */
struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, DROP_REASONS);
    __type(key, __u32);
    __type(value, __u64);
    __uint(pinning, LIBBPF_PIN_BY_NAME);
} drop_counts_v1 SEC(".maps");

static __always_inline int podlane_drop_counted(__u32 reason) {
    __u64 *count = bpf_map_lookup_elem(&drop_counts_v1, &reason);
    if (count)
        (*count)++;
    return PODLANE_DROP;
}

/* The verdict for a packet that is dropped: return podlane_drop(SPOOFED_SOURCE); */
#define podlane_drop(reason) podlane_drop_counted(DROP_##reason)

#endif
