// SPDX-License-Identifier: Apache-2.0
/** What a component needs that keeps something as it is declared: a thread of its own, and patience. */
@Export
@Version("0.1.0")
package io.podlane.api.reconcile;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
