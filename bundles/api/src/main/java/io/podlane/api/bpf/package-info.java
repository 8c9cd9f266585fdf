// SPDX-License-Identifier: Apache-2.0
/** Loading BPF objects and using their programs and maps, without a file descriptor in sight. */
@Export
@Version("0.1.0")
package io.podlane.api.bpf;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
