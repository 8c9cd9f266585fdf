// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// What an update must not take: programs under host routing's names that the verifier rejects, since they read through a
// pointer that may be null.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __type(key, __u32);
    __type(value, __u32);
    __uint(max_entries, 1);
} nothing SEC(".maps");

static __always_inline int read_through_null(void) {
    __u32 key = 0;
    return *(volatile __u32 *)bpf_map_lookup_elem(&nothing, &key);
}

SEC("tc")
int podlane_route_from_pod(struct __sk_buff *skb) {
    return read_through_null();
}

SEC("tc")
int podlane_route_from_uplink(struct __sk_buff *skb) {
    return read_through_null();
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
