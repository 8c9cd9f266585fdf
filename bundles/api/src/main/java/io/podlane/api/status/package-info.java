// SPDX-License-Identifier: Apache-2.0
/** How a part says that something is wrong, so that a person finds it in {@code podlane status}. */
@Export
@Version("0.1.0")
package io.podlane.api.status;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
