/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What a program at a tcx or netkit hook returns (enum tcx_action_base, enum netkit_action; Linux 6.6, 6.7). */
#ifndef PODLANE_VERDICT_H
#define PODLANE_VERDICT_H

enum podlane_verdict {
    PODLANE_NEXT = -1,    /* hand on to the next program of the hook */
    PODLANE_PASS = 0,     /* hand on to the network stack */
    PODLANE_DROP = 2,     /* use podlane_drop() instead, which counts why */
    PODLANE_REDIRECT = 7, /* what the redirect helpers return */
};

#endif
