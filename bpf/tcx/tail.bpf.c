// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The last word of a chain that must not end undecided: every packet that comes this far goes to the host's stack, as
// it would on a device without netkit's policy. Always PASS.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define PASS 0 // NETKIT_PASS and TCX_PASS alike

SEC("tc")
int podlane_tcx_tail(struct __sk_buff *skb __attribute__((unused))) {
    return PASS;
}

char _license[] SEC("license") = "Dual BSD/GPL";
