// SPDX-License-Identifier: Apache-2.0
/** Network namespaces. */
@Export
@Version("0.1.0")
package io.podlane.linux.netns;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
