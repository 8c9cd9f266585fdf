// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// Packets to a service's frontend get a backend's address; replies get the frontend's back.
// In: a pod's packets as it sent them, an uplink's as they came. Out: the same, translated where a service is
// concerned. Verdicts: NEXT, or DROP with its reason counted. Connections begin at pods only; uplinks bring replies.
#include <podlane/conntrack.h>
#include <podlane/drop.h>
#include <podlane/parse.h>
#include <podlane/services.h>

#define PICK_ATTEMPTS 4
#define EEXIST        17

// A pod that reaches itself through a service would refuse a packet from its own address, so it sees this one:
// link-local (RFC 3927), never routed, and not among the addresses that clouds give a meaning (169.254.169.0/24).
#define HAIRPIN_SOURCE bpf_htonl(0xa9fe2a01) /* 169.254.42.1 */

struct packet {
    struct ct_tuple4 tuple;
    __u32 transport;    // offset of the transport header
    bool fragment;      // part of a packet
    bool without_ports; // a fragment other than the first: the tuple lacks the ports
    bool syn;           // opens a TCP connection
    __u32 tcp_state;    // what it says of its sender: CT_RESET, CT_CLIENT_FIN (also for a backend's FIN)
};

struct endpoint {
    __be32 address;
    __be16 port;
};

// False for what is none of our business: not TCP or UDP over IPv4, or cut off within the headers.
static __always_inline bool parse(struct __sk_buff *skb, struct packet *packet) {
    struct cursor cursor = cursor_start(skb);
    struct iphdr *ip;

    if (!take_ethernet(&cursor, skb, ETH_P_IP))
        return false;
    ip = take_ipv4(&cursor);
    if (!ip)
        return false;
    packet->tuple.source = ip->saddr;
    packet->tuple.destination = ip->daddr;
    packet->tuple.protocol = ip->protocol;
    packet->transport = sizeof(struct ethhdr) + ip->ihl * 4;
    packet->fragment = ip->frag_off & bpf_htons(IPV4_FRAGMENT_OFFSET | IPV4_MORE_FRAGMENTS);
    packet->without_ports = ip->frag_off & bpf_htons(IPV4_FRAGMENT_OFFSET);
    if (packet->without_ports)
        return true;
    if (ip->protocol == IPPROTO_TCP) {
        struct tcphdr *tcp = cursor_take(&cursor, sizeof(*tcp));

        if (!tcp)
            return false;
        packet->tuple.source_port = tcp->source;
        packet->tuple.destination_port = tcp->dest;
        packet->syn = tcp->syn && !tcp->ack;
        packet->tcp_state = tcp->rst ? CT_RESET : tcp->fin ? CT_CLIENT_FIN : 0;
        return true;
    }
    if (ip->protocol == IPPROTO_UDP) {
        struct udphdr *udp = cursor_take(&cursor, sizeof(*udp));

        if (!udp)
            return false;
        packet->tuple.source_port = udp->source;
        packet->tuple.destination_port = udp->dest;
        return true;
    }
    return false;
}

// Where the transport checksum is, and how UDP's differs: 0 means that there is none.
static __always_inline __u32 checksum_offset(const struct packet *packet) {
    return packet->transport +
           (packet->tuple.protocol == IPPROTO_TCP ? offsetof(struct tcphdr, check) : offsetof(struct udphdr, check));
}

static __always_inline __u64 checksum_flags(const struct packet *packet) {
    return packet->tuple.protocol == IPPROTO_UDP ? BPF_F_MARK_MANGLED_0 : 0;
}

// Both change checksums by the difference, so a wrong one stays wrong; the helpers know about offloaded ones.
static __always_inline int set_address(struct __sk_buff *skb, const struct packet *packet, __u32 offset, __be32 from,
                                       __be32 to) {
    const __u32 ip = sizeof(struct ethhdr);

    if (bpf_l4_csum_replace(skb, checksum_offset(packet), from, to,
                            checksum_flags(packet) | BPF_F_PSEUDO_HDR | sizeof(to)))
        return -1;
    if (bpf_l3_csum_replace(skb, ip + offsetof(struct iphdr, check), from, to, sizeof(to)))
        return -1;
    return bpf_skb_store_bytes(skb, ip + offset, &to, sizeof(to), 0);
}

static __always_inline int set_port(struct __sk_buff *skb, const struct packet *packet, __u32 offset, __be16 from,
                                    __be16 to) {
    if (from == to)
        return 0;
    if (bpf_l4_csum_replace(skb, checksum_offset(packet), from, to, checksum_flags(packet) | sizeof(to)))
        return -1;
    return bpf_skb_store_bytes(skb, packet->transport + offset, &to, sizeof(to), 0);
}

static __always_inline int set_source(struct __sk_buff *skb, const struct packet *packet, __be32 address, __be16 port) {
    // TCP and UDP headers both begin with the two ports.
    if (set_address(skb, packet, offsetof(struct iphdr, saddr), packet->tuple.source, address))
        return -1;
    return set_port(skb, packet, offsetof(struct udphdr, source), packet->tuple.source_port, port);
}

static __always_inline int set_destination(struct __sk_buff *skb, const struct packet *packet, __be32 address,
                                           __be16 port) {
    if (set_address(skb, packet, offsetof(struct iphdr, daddr), packet->tuple.destination, address))
        return -1;
    return set_port(skb, packet, offsetof(struct udphdr, dest), packet->tuple.destination_port, port);
}

// The tuple of the replies to a client whose packets go to a backend. A pod that is its own backend answers to the
// hairpin address.
static __always_inline struct ct_tuple4 reply_tuple(const struct packet *packet, __be32 backend, __be16 port) {
    struct ct_tuple4 tuple = {
        .source = backend,
        .destination = backend == packet->tuple.source ? HAIRPIN_SOURCE : packet->tuple.source,
        .source_port = port,
        .destination_port = packet->tuple.source_port,
        .protocol = packet->tuple.protocol,
    };
    return tuple;
}

// Who sent a reply's request, and to where.
static __always_inline struct ct_tuple4 request_tuple(const struct packet *reply, const struct ct_flow *flow) {
    struct ct_tuple4 tuple = {
        .source = reply->tuple.destination == HAIRPIN_SOURCE ? reply->tuple.source : reply->tuple.destination,
        .destination = ipv4_of_address(&flow->address),
        .source_port = reply->tuple.destination_port,
        .destination_port = flow->port,
        .protocol = reply->tuple.protocol,
    };
    return tuple;
}

// Both entries learn what both directions see: on every change of state, and else once a second, so that the usual
// packet writes nothing. Returns whether the other entry should be looked after, too.
static __always_inline bool touch(struct ct_flow *flow, __u32 state, __u64 now) {
    if ((flow->state | state) == flow->state && ct_age(flow, now) < CT_SECOND)
        return false;
    if (state & ~flow->state)
        __sync_fetch_and_or(&flow->state, state);
    flow->seen = now;
    return true;
}

static __always_inline void remember_reply(const struct packet *packet, const struct ct_flow *request,
                                           const struct ct_tuple4 *tuple) {
    struct ct_flow reply = *request;

    reply.kind = CT_TO_FRONTEND;
    reply.address = address_of_ipv4(packet->tuple.destination);
    reply.port = packet->tuple.destination_port;
    bpf_map_update_elem(&conntrack4_v1, tuple, &reply, BPF_ANY);
}

static __always_inline int to_backend(struct __sk_buff *skb, const struct packet *packet, __be32 address, __be16 port) {
    if (set_destination(skb, packet, address, port))
        return podlane_drop(REWRITE_FAILED);
    if (address == packet->tuple.source && set_source(skb, packet, HAIRPIN_SOURCE, packet->tuple.source_port))
        return podlane_drop(REWRITE_FAILED);
    return PODLANE_NEXT;
}

static __always_inline int to_frontend(struct __sk_buff *skb, const struct packet *packet, struct ct_flow *flow,
                                       __u64 now) {
    __be32 address = ipv4_of_address(&flow->address);
    __be16 port = flow->port;
    __u32 state = packet->tcp_state == CT_CLIENT_FIN ? CT_BACKEND_FIN : packet->tcp_state;

    if (packet->fragment)
        return podlane_drop(FRAGMENT);
    if (touch(flow, state, now)) {
        struct ct_tuple4 tuple = request_tuple(packet, flow);
        struct ct_flow *request = bpf_map_lookup_elem(&conntrack4_v1, &tuple);

        if (request && ipv4_of_address(&request->address) == packet->tuple.source &&
            request->port == packet->tuple.source_port)
            touch(request, state, now);
    }
    if (set_source(skb, packet, address, port))
        return podlane_drop(REWRITE_FAILED);
    if (packet->tuple.destination == HAIRPIN_SOURCE &&
        set_address(skb, packet, offsetof(struct iphdr, daddr), HAIRPIN_SOURCE, packet->tuple.source))
        return podlane_drop(REWRITE_FAILED);
    return PODLANE_NEXT;
}

// Whether the backend that a flow began with still serves that service.
static __always_inline bool still_serving(const struct ct_flow *flow) {
    __u32 id = flow->backend;
    struct svc_backend *backend = bpf_map_lookup_elem(&svc_backends_v1, &id);

    return backend && backend->flags & SVC_BACKEND_SERVING && backend->service == flow->service &&
           ipv4_of_address(&backend->address) == ipv4_of_address(&flow->address) && backend->port == flow->port;
}

// Whether a connection is over, or about to be, so that its ports may be used anew.
static __always_inline bool is_over(const struct ct_flow *flow, __u8 protocol, __u64 now) {
    return flow->state & (CT_CLIENT_FIN | CT_BACKEND_FIN | CT_RESET) || ct_expired(flow, protocol, now);
}

// Whether a packet goes where its flow went before. A TCP connection stays with its backend to the end, whatever
// becomes of either; a UDP flow, or a SYN sent again, only while the backend serves.
static __always_inline bool keeps_backend(const struct ct_flow *flow, const struct packet *packet, __u64 now) {
    if (packet->tuple.protocol == IPPROTO_TCP && !packet->syn)
        return true;
    return !is_over(flow, packet->tuple.protocol, now) && still_serving(flow);
}

// NEXT if the packet is to be translated.
static __always_inline int continue_flow(const struct packet *packet, struct ct_flow *flow, __u64 now,
                                         struct endpoint *backend) {
    __u32 state = packet->tcp_state;

    if (packet->fragment)
        return podlane_drop(FRAGMENT);
    backend->address = ipv4_of_address(&flow->address);
    backend->port = flow->port;
    if (packet->tuple.protocol == IPPROTO_TCP && !packet->syn)
        state |= CT_ESTABLISHED;
    if (touch(flow, state, now)) {
        struct ct_tuple4 tuple = reply_tuple(packet, backend->address, backend->port);
        struct ct_flow *reply = bpf_map_lookup_elem(&conntrack4_v1, &tuple);

        if (!reply)
            remember_reply(packet, flow, &tuple);
        else if (ipv4_of_address(&reply->address) == packet->tuple.destination &&
                 reply->port == packet->tuple.destination_port)
            touch(reply, state, now);
    }
    return PODLANE_NEXT;
}

// Whether an entry for replies may be written: there is none, it belongs to the same client and frontend, or is over.
static __always_inline bool may_replace(const struct ct_flow *reply, const struct packet *packet, __u64 now) {
    if (!reply)
        return true;
    if (ipv4_of_address(&reply->address) == packet->tuple.destination && reply->port == packet->tuple.destination_port)
        return true;
    return is_over(reply, packet->tuple.protocol, now);
}

// A SYN straight to a backend opens a connection of its own: what is left of one through a service, between the same
// ports, must not claim its replies.
static __always_inline void begin_direct(const struct packet *packet) {
    struct ct_tuple4 tuple = reply_tuple(packet, packet->tuple.destination, packet->tuple.destination_port);
    struct ct_flow *reply = bpf_map_lookup_elem(&conntrack4_v1, &tuple);

    if (reply && reply->kind == CT_TO_FRONTEND && is_over(reply, packet->tuple.protocol, bpf_ktime_get_coarse_ns()))
        bpf_map_delete_elem(&conntrack4_v1, &tuple);
}

// NEXT if the packet is to be translated.
static __always_inline int begin_flow(const struct packet *packet, const struct svc_service *service, __u32 id,
                                      const struct ct_flow *former, struct endpoint *chosen) {
    struct svc_slots slots = svc_read_slots(service);
    __u64 now = bpf_ktime_get_coarse_ns();
    struct ct_flow flow = {.kind = CT_TO_BACKEND, .service = id, .state = packet->tcp_state, .seen = now};
    struct ct_tuple4 replies = {};
    bool free = false;
    long failed;

    if (packet->fragment)
        return podlane_drop(FRAGMENT);
    if (!slots.count)
        return podlane_drop(NO_ENDPOINTS);
    for (int attempt = 0; attempt < PICK_ATTEMPTS && !free; attempt++) {
        // The high word of random * count is evenly spread below count, without a division.
        __u32 slot = slots.first + (__u32)((__u64)bpf_get_prandom_u32() * slots.count >> 32);
        struct svc_backend *backend = svc_backend_at(slot, &flow.backend);

        if (!backend)
            return podlane_drop(TABLE_CORRUPT);
        flow.address = backend->address;
        flow.port = backend->port;
        replies = reply_tuple(packet, ipv4_of_address(&flow.address), flow.port);
        free = may_replace(bpf_map_lookup_elem(&conntrack4_v1, &replies), packet, now);
    }
    if (!free)
        return podlane_drop(FLOW_COLLISION);

    if (packet->tuple.protocol == IPPROTO_TCP && !packet->syn)
        flow.state |= CT_ESTABLISHED;
    // The reply's entry first: a packet must not be on its way before its reply can be understood.
    remember_reply(packet, &flow, &replies);
    failed = bpf_map_update_elem(&conntrack4_v1, &packet->tuple, &flow, former ? BPF_ANY : BPF_NOEXIST);
    if (failed == -EEXIST) {
        // Another CPU was faster with the same flow's first packet: follow it.
        struct ct_flow *winner = bpf_map_lookup_elem(&conntrack4_v1, &packet->tuple);

        if (winner) {
            flow.address = winner->address;
            flow.port = winner->port;
        }
    } else if (failed) {
        return podlane_drop(CONNTRACK_FULL);
    }
    chosen->address = ipv4_of_address(&flow.address);
    chosen->port = flow.port;
    return PODLANE_NEXT;
}

SEC("tc")
int podlane_kubeproxy_from_pod(struct __sk_buff *skb) {
    struct packet packet = {};
    struct endpoint backend;
    struct ct_flow *flow;
    __u64 now = 0;
    int verdict;

    if (!parse(skb, &packet))
        return PODLANE_NEXT;
    if (packet.without_ports)
        return bpf_map_lookup_elem(&svc_addresses4_v1, &packet.tuple.destination) ? podlane_drop(FRAGMENT)
                                                                                  : PODLANE_NEXT;
    flow = bpf_map_lookup_elem(&conntrack4_v1, &packet.tuple);
    if (flow)
        now = bpf_ktime_get_coarse_ns();
    if (flow && flow->kind == CT_TO_FRONTEND && !ct_expired(flow, packet.tuple.protocol, now))
        return to_frontend(skb, &packet, flow, now);
    if (flow && flow->kind == CT_TO_BACKEND && keeps_backend(flow, &packet, now)) {
        verdict = continue_flow(&packet, flow, now, &backend);
    } else {
        struct svc_frontend4 frontend = {
            .address = packet.tuple.destination,
            .port = packet.tuple.destination_port,
            .protocol = packet.tuple.protocol,
            .scope = SVC_SCOPE_INTERNAL,
        };
        __u32 id = 0;
        struct svc_service *service = svc_find4(&frontend, &id);

        if (!service) {
            if (packet.syn)
                begin_direct(&packet);
            return PODLANE_NEXT;
        }
        verdict = begin_flow(&packet, service, id, flow, &backend);
    }
    return verdict == PODLANE_NEXT ? to_backend(skb, &packet, backend.address, backend.port) : verdict;
}

SEC("tc")
int podlane_kubeproxy_from_uplink(struct __sk_buff *skb) {
    struct packet packet = {};
    struct ct_flow *flow;
    __u64 now;

    // A device in promiscuous mode also hears what is meant for others.
    if (skb->pkt_type != 0 /* PACKET_HOST */ || !parse(skb, &packet) || packet.without_ports)
        return PODLANE_NEXT;
    flow = bpf_map_lookup_elem(&conntrack4_v1, &packet.tuple);
    if (!flow || flow->kind != CT_TO_FRONTEND)
        return PODLANE_NEXT;
    now = bpf_ktime_get_coarse_ns();
    if (ct_expired(flow, packet.tuple.protocol, now))
        return PODLANE_NEXT;
    return to_frontend(skb, &packet, flow, now);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
