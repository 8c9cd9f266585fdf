// SPDX-License-Identifier: Apache-2.0
package io.podlane.api.status;

/**
 * What a part leaves in the kernel or on disk, and how it goes away for good. {@code podlane:purge} calls each such service
 * once, lowest {@link #order()} first, and then stops the agent.
 */
public interface Purgeable {
    /** Stops what attaches programs or makes devices: the attach service's leases, the links of programs. */
    int ATTACHMENTS = 100;
    /** Devices, routes, qdiscs, sysctls. */
    int DEVICES = 200;
    /** Pinned programs and maps, which the above may use to the end. */
    int PINS = 300;

    /** When to purge this, seen from the others: one of the constants, or a number between. */
    int order();

    /**
     * Removes every trace and restores what was found. It first ends its own reconciling, so that nothing comes back while
     * others are purged. Purging what is gone already is no error.
     *
     * @throws Exception naming what could not be removed; the rest has been removed all the same
     */
    void purge() throws Exception;
}
