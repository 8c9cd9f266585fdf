// SPDX-License-Identifier: Apache-2.0
/** Where programs run: hooks, attach points, order, and the attachments that outlive a restart of their owner. */
@Export
@Version("0.1.0")
package io.podlane.api.attach;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
