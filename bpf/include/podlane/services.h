/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The service table: written by io.podlane.servicetable, read by whoever balances. A lookup is one hash and three
 * arrays: frontend -> service id -> service -> slot -> backend. What a reader may still hold (ids, slot ranges) is
 * reused only after a grace period; a change of endpoints writes a new range and then stores one word. */
#ifndef PODLANE_SERVICES_H
#define PODLANE_SERVICES_H

#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>
#include "address.h"

/* Kernel memory: services 2 MiB, slots 2 MiB, backends 3 MiB, from the start; hash elements (64 bytes) as they come.
 * The arrays are mapped into the agent, where the kernel counts them as resident. */
#define SVC_MAX_SERVICES 65536
#define SVC_MAX_SLOTS    262144
#define SVC_MAX_BACKENDS 131072

enum svc_scope {
    SVC_SCOPE_INTERNAL = 0, /* for clients in the cluster */
    SVC_SCOPE_EXTERNAL = 1, /* for clients from elsewhere */
};

enum svc_algorithm {
    SVC_ALGORITHM_RANDOM = 0,
};

enum svc_backend_flags {
    SVC_BACKEND_SERVING = 1, /* it may keep the flows it has; whether it gets new ones, the slots say */
};

struct svc_frontend4 {
    __be32 address;
    __be16 port;
    __u8 protocol;
    __u8 scope;
};

/* The key stands here again, since a hash element may be another's by the time it is read: compare it. */
struct svc_service {
    struct podlane_address address;
    __be16 port;
    __u8 protocol;
    __u8 scope;
    __u32 reserved;
    __u64 word; /* bits 0-31 first slot, 32-47 count, 48-51 algorithm, 52-63 generation */
};

/* One service's endpoint. The last eight bytes are stored as one word, last of all. */
struct svc_backend {
    struct podlane_address address;
    __be16 port;
    __u8 protocol;
    __u8 flags;
    __u32 service;
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __uint(max_entries, SVC_MAX_SERVICES);
    __type(key, struct svc_frontend4);
    __type(value, __u32);
    __uint(pinning, LIBBPF_PIN_BY_NAME);
} svc_frontends4_v1 SEC(".maps");

/* Every address that has a frontend, each with a 1: for packets that name no port. */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __uint(max_entries, SVC_MAX_SERVICES);
    __type(key, __be32);
    __type(value, __u32);
    __uint(pinning, LIBBPF_PIN_BY_NAME);
} svc_addresses4_v1 SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(map_flags, BPF_F_MMAPABLE);
    __uint(max_entries, SVC_MAX_SERVICES);
    __type(key, __u32);
    __type(value, struct svc_service);
    __uint(pinning, LIBBPF_PIN_BY_NAME);
} svc_services_v1 SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(map_flags, BPF_F_MMAPABLE);
    __uint(max_entries, SVC_MAX_SLOTS);
    __type(key, __u32);
    __type(value, __u32);
    __uint(pinning, LIBBPF_PIN_BY_NAME);
} svc_slots_v1 SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(map_flags, BPF_F_MMAPABLE);
    __uint(max_entries, SVC_MAX_BACKENDS);
    __type(key, __u32);
    __type(value, struct svc_backend);
    __uint(pinning, LIBBPF_PIN_BY_NAME);
} svc_backends_v1 SEC(".maps");

/* What one load of a service's word says. */
struct svc_slots {
    __u32 first;
    __u32 count;
};

static __always_inline struct svc_slots svc_read_slots(const struct svc_service *service) {
    __u64 word = *(const volatile __u64 *)&service->word;
    struct svc_slots slots = {.first = (__u32)word, .count = (__u32)(word >> 32) & 0xffff};
    return slots;
}

/* The service of a frontend and its id, or NULL. */
static __always_inline struct svc_service *svc_find4(const struct svc_frontend4 *frontend, __u32 *id) {
    /* Twice: the element may have been taken by another frontend between the lookup and the read of its value. */
    for (int attempt = 0; attempt < 2; attempt++) {
        struct svc_service *service;
        __u32 *found = bpf_map_lookup_elem(&svc_frontends4_v1, frontend);

        if (!found)
            return NULL;
        *id = *found;
        service = bpf_map_lookup_elem(&svc_services_v1, id);
        if (service && ipv4_of_address(&service->address) == frontend->address && service->port == frontend->port &&
            service->protocol == frontend->protocol && service->scope == frontend->scope)
            return service;
    }
    return NULL;
}

/* The backend at one of a service's slots, and its id; NULL if the table is corrupt. */
static __always_inline struct svc_backend *svc_backend_at(__u32 slot, __u32 *id) {
    __u32 *found = bpf_map_lookup_elem(&svc_slots_v1, &slot);

    if (!found)
        return NULL;
    *id = *found;
    return bpf_map_lookup_elem(&svc_backends_v1, id);
}

#endif
