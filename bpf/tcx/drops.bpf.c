// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The map in which every program counts its drops, and nothing that runs: podlane:drops reads it.
#include <podlane/drop.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";
