// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The maps of the service table, and nothing that runs: whoever balances loads its own programs over them.
#include <podlane/services.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";
