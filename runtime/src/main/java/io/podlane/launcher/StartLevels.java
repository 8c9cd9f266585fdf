// SPDX-License-Identifier: Apache-2.0
package io.podlane.launcher;

/**
 * The order of starting. Below it, services decide: a component starts when what it refers to is there.
 */
final class StartLevels {
    /** Before the shell runtime puts its own standard error in place of the process's. */
    static final int LOGGING = 1;
    /** Libraries, Declarative Services, configuration and shell runtime: what is not ours; and the settings. */
    static final int LIBRARIES = 2;
    /** The bundles of the platform, {@code io.podlane.*}. */
    static final int PLATFORM = 3;
    /** The hot-deploy folder and what lies in it, which may need any of the above. */
    static final int DEPLOY = 4;
    /** Everything runs. */
    static final int ALL = DEPLOY;

    private StartLevels() {}

    static int of(String symbolicName) {
        return switch (symbolicName) {
            case "io.podlane.logging" -> LOGGING;
            case "io.podlane.settings" -> LIBRARIES;
            case "io.podlane.deploy" -> DEPLOY;
            default -> symbolicName.startsWith("io.podlane.") ? PLATFORM : LIBRARIES;
        };
    }
}
