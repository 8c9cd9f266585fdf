// SPDX-License-Identifier: Apache-2.0
/** The cgroup v2 hierarchy. */
@Export
@Version("0.1.0")
package io.podlane.linux.cgroup;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
