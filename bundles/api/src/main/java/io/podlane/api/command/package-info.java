// SPDX-License-Identifier: Apache-2.0
/** What a shell command returns so that it prints as a table and as JSON alike. */
@Export
@Version("0.1.0")
package io.podlane.api.command;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
