// SPDX-License-Identifier: Apache-2.0
/** The attach service: keeps programs where bundles want them, through restarts and updates. */
package io.podlane.tcx;
