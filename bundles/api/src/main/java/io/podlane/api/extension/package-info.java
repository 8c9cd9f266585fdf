// SPDX-License-Identifier: Apache-2.0
/** The whiteboard: register a {@link io.podlane.api.extension.DatapathExtension} and it is attached to every matching device. */
@Export
@Version("0.1.0")
package io.podlane.api.extension;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
