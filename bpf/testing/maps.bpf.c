// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// For the loader's tests: one map of each kind, and a program that touches them all. Counts the packet, reports its
// length in the ring buffer, and returns the constant that Java set.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct pair {
    __u32 first;
    __u16 second;
    __u16 third;
    __u64 fourth;
};

struct prefix {
    __u32 length;
    __u8 address[4];
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 4096);
    __type(key, __u32);
    __type(value, struct pair);
} pairs SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, 1024);
    __type(key, __u32);
    __type(value, __u64);
} recent SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_LPM_TRIE);
    __uint(max_entries, 256);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __type(key, struct prefix);
    __type(value, __u32);
} routes SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 4);
    __type(key, __u32);
    __type(value, __u64);
} counters SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1000);
    __uint(map_flags, BPF_F_MMAPABLE);
    __type(key, __u32);
    __type(value, struct pair);
} records SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 4096);
} lengths SEC(".maps");

const volatile int verdict = 7;
const volatile __u64 wide = 1;

SEC("tc")
int podlane_test_all(struct __sk_buff *skb) {
    __u32 zero = 0;
    __u64 *count = bpf_map_lookup_elem(&counters, &zero);
    struct pair *pair = bpf_map_lookup_elem(&pairs, &zero);
    struct prefix prefix = {.length = 32};
    struct pair *record = bpf_map_lookup_elem(&records, &zero);
    __u32 *length;

    if (count)
        (*count)++;
    if (pair && bpf_map_lookup_elem(&routes, &prefix))
        pair->fourth++;
    if (record)
        bpf_map_update_elem(&recent, &zero, &record->fourth, BPF_ANY);
    length = bpf_ringbuf_reserve(&lengths, sizeof(*length), 0);
    if (length) {
        *length = skb->len;
        bpf_ringbuf_submit(length, 0);
    }
    return wide == 1 ? verdict : (int)(wide >> 32);
}

char _license[] SEC("license") = "Dual BSD/GPL";
