// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// For the loader's and the attach service's tests: counts packets in a pinned map under the constant `slot`, and
// returns the constant `verdict`. Three hooks, two programs of the same job, so that one list can hold several.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 64);
    __uint(pinning, LIBBPF_PIN_BY_NAME);
    __type(key, __u32);
    __type(value, __u64);
} seen_v1 SEC(".maps");

const volatile __u32 slot = 0;
const volatile int verdict = -1;

static __always_inline void count(void) {
    __u32 key = slot;
    __u64 one = 1;
    __u64 *value = bpf_map_lookup_elem(&seen_v1, &key);

    if (value)
        __sync_fetch_and_add(value, 1);
    else
        bpf_map_update_elem(&seen_v1, &key, &one, BPF_NOEXIST);
}

SEC("tc")
int podlane_test_count(struct __sk_buff *skb __attribute__((unused))) {
    count();
    return verdict;
}

SEC("xdp")
int podlane_test_xdp(struct xdp_md *ctx __attribute__((unused))) {
    count();
    return XDP_PASS;
}

SEC("cgroup/connect4")
int podlane_test_connect(struct bpf_sock_addr *ctx __attribute__((unused))) {
    count();
    return 1;
}

char _license[] SEC("license") = "Dual BSD/GPL";
