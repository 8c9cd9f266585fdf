// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// For the loader's tests: reads the packet without looking where it ends, which no verifier lets pass, and has a pinned
// map that must not stay behind.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 16);
    __uint(pinning, LIBBPF_PIN_BY_NAME);
    __type(key, __u32);
    __type(value, __u32);
} left_behind_v1 SEC(".maps");

SEC("tc")
int podlane_test_rejected(struct __sk_buff *skb) {
    __u32 key = 0;

    bpf_map_lookup_elem(&left_behind_v1, &key);
    return *(char *)(long)skb->data;
}

char _license[] SEC("license") = "Dual BSD/GPL";
