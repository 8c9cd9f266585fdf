// SPDX-License-Identifier: Apache-2.0
/** What a person asks first: is all well, and how do I get rid of it. */
package io.podlane.observe;
