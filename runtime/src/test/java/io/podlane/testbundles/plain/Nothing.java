// SPDX-License-Identifier: Apache-2.0
package io.podlane.testbundles.plain;

/** Content for a bundle that does nothing. */
public final class Nothing {
    private Nothing() {}
}
