// SPDX-License-Identifier: Apache-2.0
/** What Podlane knows of the cluster: immutable Services, EndpointSlices, Pods and Nodes, as a snapshot and then as changes. */
@Export
@Version("0.1.0")
package io.podlane.api.cluster;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
