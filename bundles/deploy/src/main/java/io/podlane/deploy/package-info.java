// SPDX-License-Identifier: Apache-2.0
/** Updates with roll-back, and the hot-deploy folder. Imports nothing of ours, so that no update of ours stops it. */
package io.podlane.deploy;
