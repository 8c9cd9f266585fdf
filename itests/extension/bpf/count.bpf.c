// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Counts the packets that pods receive; every packet goes on to the next program.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define NEXT (-1)

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __type(key, __u32);
    __type(value, __u64);
    __uint(max_entries, 1);
    __uint(pinning, LIBBPF_PIN_BY_NAME);
} example_counter_packets_v1 SEC(".maps");

SEC("tc")
int example_count(struct __sk_buff *skb) {
    __u32 key = 0;
    __u64 *packets = bpf_map_lookup_elem(&example_counter_packets_v1, &key);

    (void)skb;
    if (packets)
        (*packets)++;
    return NEXT;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
