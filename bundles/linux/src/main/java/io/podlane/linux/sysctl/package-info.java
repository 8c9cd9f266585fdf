// SPDX-License-Identifier: Apache-2.0
/** Kernel settings under /proc/sys. */
@Export
@Version("0.1.0")
package io.podlane.linux.sysctl;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
