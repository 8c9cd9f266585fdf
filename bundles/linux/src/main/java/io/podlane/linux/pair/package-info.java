// SPDX-License-Identifier: Apache-2.0
/** Pod devices that are pairs, one side on the node and one in the pod; their kinds are bundles of their own. */
@Export
@Version("0.1.0")
package io.podlane.linux.pair;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
