// SPDX-License-Identifier: Apache-2.0
package io.podlane.launcher;

/**
 * The order of starting. Below it, services decide: a component starts when what it refers to is there.
 */
final class StartLevels {
    /** Libraries, Declarative Services, configuration and shell runtime: what is not ours. */
    static final int LIBRARIES = 1;
    /** The bundles of the platform, {@code io.podlane.*}. */
    static final int PLATFORM = 2;
    /** The hot-deploy folder and what lies in it, which may need any of the above. */
    static final int DEPLOY = 3;
    /** Everything runs. */
    static final int ALL = DEPLOY;

    private StartLevels() {}

    static int of(String symbolicName) {
        if (symbolicName.equals("io.podlane.deploy")) {
            return DEPLOY;
        }
        return symbolicName.startsWith("io.podlane.") ? PLATFORM : LIBRARIES;
    }
}
