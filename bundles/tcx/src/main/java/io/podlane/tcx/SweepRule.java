// SPDX-License-Identifier: Apache-2.0
package io.podlane.tcx;

import java.util.List;

/** When an attachment that nobody declares any more is to go. Pure. */
final class SweepRule {
    private SweepRule() {}

    /**
     * A bundle that may own attachments.
     *
     * @param persistentlyStarted it is meant to run: only an explicit stop or an uninstall changes that, while an update, a
     *     refresh and the framework's own stop are transient
     * @param active it runs
     * @param settled none of its components waits for a reference or has failed to activate
     */
    record Owner(boolean persistentlyStarted, boolean active, boolean settled) {}

    /** What to do with the attachments that an owner has not declared. */
    enum Decision {
        /** It is on its way, or failed: its programs keep running. */
        KEEP,
        /** It does without them, so they go when they have lingered. */
        LINGER
    }

    /** @param owners the installed bundles of the owner's name: none, one, or two during a make-before-break update */
    static Decision decide(boolean frameworkStopping, List<Owner> owners) {
        boolean underWay =
                owners.stream().anyMatch(owner -> owner.persistentlyStarted() && !(owner.active() && owner.settled()));
        return frameworkStopping || underWay ? Decision.KEEP : Decision.LINGER;
    }
}
