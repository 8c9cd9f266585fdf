/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* An address of either family in a map's value: IPv6, or IPv4 in the last word as ::ffff:a.b.c.d (RFC 4291, 2.5.5.2).
 */
#ifndef PODLANE_ADDRESS_H
#define PODLANE_ADDRESS_H

#include <linux/types.h>
#include <bpf/bpf_endian.h>

struct podlane_address {
    __be32 words[4];
};

static __always_inline struct podlane_address address_of_ipv4(__be32 ipv4) {
    struct podlane_address address = {.words = {0, 0, bpf_htonl(0xffff), ipv4}};
    return address;
}

static __always_inline __be32 ipv4_of_address(const struct podlane_address *address) {
    return address->words[3];
}

#endif
