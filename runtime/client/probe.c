// SPDX-License-Identifier: Apache-2.0
// Finds what the kernel can do by trying it, in a network namespace of its own that goes with the probing process.
#define _GNU_SOURCE
#include "podlane.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Newer than the headers of Debian 12; include/uapi/linux/bpf.h and if_link.h. */
#define ATTACH_TCX_INGRESS    46
#define ATTACH_NETKIT_PRIMARY 54

#define LOOPBACK_IFINDEX 1

static long bpf(int command, union bpf_attr *attributes, unsigned int size) {
    return syscall(SYS_bpf, command, attributes, size);
}

/* A program that only returns a value. */
static int load_program(enum bpf_prog_type type, int value) {
    struct bpf_insn instructions[] = {
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = value},
        {.code = BPF_JMP | BPF_EXIT},
    };
    union bpf_attr attributes = {
        .prog_type = type,
        .insns = (uintptr_t)instructions,
        .insn_cnt = 2,
        .license = (uintptr_t) "Dual BSD/GPL",
    };
    return bpf(BPF_PROG_LOAD, &attributes, sizeof(attributes));
}

/* The link stays until this process ends, see probe_kernel(). */
static bool link_program(int program, int ifindex, int attach_type) {
    union bpf_attr attributes = {
        .link_create = {.prog_fd = program, .target_ifindex = ifindex, .attach_type = attach_type},
    };
    return bpf(BPF_LINK_CREATE, &attributes, sizeof(attributes)) >= 0;
}

static bool is_jited(int program) {
    struct bpf_prog_info info = {0};
    union bpf_attr attributes = {
        .info = {.bpf_fd = program, .info_len = sizeof(info), .info = (uintptr_t)&info},
    };
    return bpf(BPF_OBJ_GET_INFO_BY_FD, &attributes, sizeof(attributes)) == 0 && info.jited_prog_len > 0;
}

/* A netlink request being put together. */
struct request {
    struct nlmsghdr header;
    char body[512];
};

static void *append(struct request *request, const void *data, size_t length) {
    void *at = (char *)request + NLMSG_ALIGN(request->header.nlmsg_len);

    if (data)
        memcpy(at, data, length);
    request->header.nlmsg_len = NLMSG_ALIGN(request->header.nlmsg_len) + length;
    return at;
}

static struct rtattr *attribute(struct request *request, unsigned short type, const void *data, size_t length) {
    struct rtattr header = {.rta_type = type, .rta_len = RTA_LENGTH(length)};
    struct rtattr *at = append(request, &header, sizeof(header));

    if (length > 0)
        append(request, data, length);
    return at;
}

static void end(struct request *request, struct rtattr *nest) {
    // The kernel passes over an attribute that is cut short, so the last one in the nest needs its padding.
    request->header.nlmsg_len = NLMSG_ALIGN(request->header.nlmsg_len);
    nest->rta_len = (char *)request + request->header.nlmsg_len - (char *)nest;
}

static bool acknowledged(int netlink, struct request *request) {
    char answer[4096];
    struct nlmsghdr *header = (struct nlmsghdr *)answer;

    request->header.nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
    if (send(netlink, request, request->header.nlmsg_len, 0) < 0 || recv(netlink, answer, sizeof(answer), 0) < 0)
        return false;
    return header->nlmsg_type == NLMSG_ERROR && ((struct nlmsgerr *)NLMSG_DATA(header))->error == 0;
}

static bool create_device(int netlink, const char *name, const char *kind, int over) {
    struct request request = {
        .header = {.nlmsg_len = NLMSG_HDRLEN, .nlmsg_type = RTM_NEWLINK, .nlmsg_flags = NLM_F_CREATE | NLM_F_EXCL}};
    struct ifinfomsg info = {.ifi_family = AF_UNSPEC};
    struct rtattr *link_info;

    append(&request, &info, sizeof(info));
    attribute(&request, IFLA_IFNAME, name, strlen(name) + 1);
    if (over)
        attribute(&request, IFLA_LINK, &over, sizeof(over));
    link_info = attribute(&request, IFLA_LINKINFO, NULL, 0);
    attribute(&request, IFLA_INFO_KIND, kind, strlen(kind));
    end(&request, link_info);
    return acknowledged(netlink, &request);
}

static bool set_root_qdisc(int netlink, int ifindex, const char *kind) {
    struct request request = {
        .header = {.nlmsg_len = NLMSG_HDRLEN, .nlmsg_type = RTM_NEWQDISC, .nlmsg_flags = NLM_F_CREATE | NLM_F_REPLACE}};
    struct tcmsg message = {.tcm_ifindex = ifindex, .tcm_parent = TC_H_ROOT, .tcm_handle = 0x10000};

    append(&request, &message, sizeof(message));
    attribute(&request, TCA_KIND, kind, strlen(kind) + 1);
    return acknowledged(netlink, &request);
}

static void probe_here(struct features *features) {
    int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    int classifier = load_program(BPF_PROG_TYPE_SCHED_CLS, -1);
    int xdp = load_program(BPF_PROG_TYPE_XDP, XDP_PASS);
    int veth;

    features->tcx = link_program(classifier, LOOPBACK_IFINDEX, ATTACH_TCX_INGRESS);
    features->bpf_jit = is_jited(classifier);
    features->netkit = create_device(netlink, "podlane-nk", "netkit", 0) &&
                       link_program(classifier, if_nametoindex("podlane-nk"), ATTACH_NETKIT_PRIMARY);
    features->veth = create_device(netlink, "podlane-ve", "veth", 0);
    veth = if_nametoindex("podlane-ve");
    features->xdp = link_program(xdp, veth ? veth : LOOPBACK_IFINDEX, BPF_XDP);
    features->fq = set_root_qdisc(netlink, veth ? veth : LOOPBACK_IFINDEX, "fq");
    features->ipvlan = veth && create_device(netlink, "podlane-iv", "ipvlan", veth);
}

/*
 * A child probes, as one cannot leave a namespace without a trace. Its links detach when it ends, for which the kernel
 * waits some 50 ms; so it says what it found and ends on its own, as a grandchild that nobody needs to wait for.
 */
struct features probe_kernel(void) {
    struct features found = {0};
    int ends[2], status;
    pid_t child;

    if (pipe2(ends, O_CLOEXEC) != 0)
        fail(1, "pipe: %s", strerror(errno));
    child = fork();
    if (child < 0)
        fail(1, "fork: %s", strerror(errno));
    if (child == 0) {
        if (fork() != 0)
            _exit(0);
        if (unshare(CLONE_NEWNET) != 0)
            fail(1, "cannot make a network namespace to probe the kernel in: %s", strerror(errno));
        probe_here(&found);
        _exit(write(ends[1], &found, sizeof(found)) != sizeof(found));
    }
    close(ends[1]);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    if (read(ends[0], &found, sizeof(found)) != sizeof(found))
        exit(1); /* it has said why */
    close(ends[0]);
    return found;
}

static void add_device(char *names, size_t size, int ifindex) {
    char name[IF_NAMESIZE], padded[1100], search[IF_NAMESIZE + 2];

    if (!if_indextoname(ifindex, name))
        return;
    snprintf(padded, sizeof(padded), ",%s,", names);
    snprintf(search, sizeof(search), ",%s,", name);
    if (!strstr(padded, search) && strlen(names) + strlen(name) + 2 < size)
        sprintf(names + strlen(names), "%s%s", *names ? "," : "", name);
}

static void add_default_route(char *names, size_t size, struct nlmsghdr *header) {
    struct rtmsg *route = NLMSG_DATA(header);
    int left = RTM_PAYLOAD(header);
    struct rtattr *a;

    if (header->nlmsg_type != RTM_NEWROUTE || route->rtm_dst_len != 0 || route->rtm_table != RT_TABLE_MAIN ||
        route->rtm_type != RTN_UNICAST)
        return;
    for (a = RTM_RTA(route); RTA_OK(a, left); a = RTA_NEXT(a, left)) {
        if (a->rta_type == RTA_OIF) {
            add_device(names, size, *(int *)RTA_DATA(a));
        } else if (a->rta_type == RTA_MULTIPATH) {
            struct rtnexthop *hop = RTA_DATA(a);
            int length = RTA_PAYLOAD(a);

            for (; RTNH_OK(hop, length); length -= NLMSG_ALIGN(hop->rtnh_len), hop = RTNH_NEXT(hop))
                add_device(names, size, hop->rtnh_ifindex);
        }
    }
}

void default_route_devices(char *names, size_t size) {
    struct request request = {.header = {.nlmsg_len = NLMSG_HDRLEN, .nlmsg_type = RTM_GETROUTE}};
    struct rtmsg all = {.rtm_family = AF_UNSPEC};
    int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    static char answer[65536];
    bool done = false;

    request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    append(&request, &all, sizeof(all));
    if (netlink < 0 || send(netlink, &request, request.header.nlmsg_len, 0) < 0)
        fail(1, "cannot read the routes: %s", strerror(errno));
    while (!done) {
        int length = recv(netlink, answer, sizeof(answer), 0);
        struct nlmsghdr *header = (struct nlmsghdr *)answer;

        if (length < 0)
            fail(1, "cannot read the routes: %s", strerror(errno));
        for (; NLMSG_OK(header, (unsigned int)length); header = NLMSG_NEXT(header, length)) {
            done |= header->nlmsg_type == NLMSG_DONE || header->nlmsg_type == NLMSG_ERROR;
            add_default_route(names, size, header);
        }
    }
    close(netlink);
}
