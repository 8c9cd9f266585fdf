// SPDX-License-Identifier: Apache-2.0
/** This node: its name, its uplinks and its folders. */
@Export
@Version("0.1.0")
package io.podlane.api.node;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
