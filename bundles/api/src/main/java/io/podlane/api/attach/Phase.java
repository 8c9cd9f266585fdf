// SPDX-License-Identifier: Apache-2.0
package io.podlane.api.attach;

/** What a program does, which says where it stands among the programs of its hook. Earlier phases run first. */
public enum Phase {
    /** Looks at packets as they came. */
    CAPTURE,
    /** Marks or counts packets by what they are. */
    CLASSIFY,
    /** Chooses a backend and translates addresses. */
    LOAD_BALANCE,
    /** Delays packets. */
    SHAPE,
    /** Drops what may not pass. */
    POLICY,
    /** Decides where the packet goes next; its verdict is final. */
    ROUTE,
    /** The platform's own last word on devices where a chain must not end undecided. */
    TAIL
}
