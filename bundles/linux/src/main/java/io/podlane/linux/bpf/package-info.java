// SPDX-License-Identifier: Apache-2.0
/** bpf(2) and libbpf: the loader behind {@code io.podlane.api.bpf}, links and pins. No file descriptor leaves it. */
@Export
@Version("0.1.0")
package io.podlane.linux.bpf;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
