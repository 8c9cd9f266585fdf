// SPDX-License-Identifier: Apache-2.0
/** Configuration from JSON files, applied live. */
package io.podlane.settings;
