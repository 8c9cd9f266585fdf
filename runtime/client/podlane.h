// SPDX-License-Identifier: Apache-2.0
#ifndef PODLANE_CLIENT_H
#define PODLANE_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

/* Exit statuses of the client: those of the command that it ran, and these. */
#define EXIT_USAGE    2
#define EXIT_NO_AGENT 3

/* Says "podlane: …" on standard error and exits. */
void fail(int status, const char *format, ...) __attribute__((format(printf, 2, 3), noreturn));

/* agent.c */
int agent_main(int argc, char **argv);
/* Prints what this kernel can do, a feature a line. */
int probe_main(void);
bool agent_holds_lock(const char *state_dir);

/* probe.c: what this kernel can do, found by trying. */
struct features {
    bool tcx;
    bool netkit;
    bool veth;
    bool ipvlan;
    bool fq;
    bool xdp;
    bool bpf_jit;
};

struct features probe_kernel(void);
/* The devices of the default routes, separated by commas; empty where there is none. */
void default_route_devices(char *names, size_t size);

#endif
