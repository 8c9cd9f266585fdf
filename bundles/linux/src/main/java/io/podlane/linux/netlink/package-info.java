// SPDX-License-Identifier: Apache-2.0
/** Links, addresses, routes, neighbours and qdiscs of a network namespace, through rtnetlink(7). */
@Export
@Version("0.1.0")
package io.podlane.linux.netlink;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
