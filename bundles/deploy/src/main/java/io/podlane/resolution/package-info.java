// SPDX-License-Identifier: Apache-2.0
/** Why a bundle or component does not run, in words. Copied into each bundle that says so. */
package io.podlane.resolution;
