// SPDX-License-Identifier: Apache-2.0
/** What the kernel answers when it says no. */
@Export
@Version("0.1.0")
package io.podlane.api.kernel;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
