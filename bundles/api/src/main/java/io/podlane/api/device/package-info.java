// SPDX-License-Identifier: Apache-2.0
/** The network devices a node has: pods' devices, their providers, and uplinks. */
@Export
@Version("0.1.0")
package io.podlane.api.device;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
