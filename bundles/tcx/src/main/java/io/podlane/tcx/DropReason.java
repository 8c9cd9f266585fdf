// SPDX-License-Identifier: Apache-2.0
package io.podlane.tcx;

import java.util.Arrays;
import java.util.Optional;

/** Why our programs drop packets: {@code enum podlane_drop_reason} of bpf/include/podlane/drop.h. */
public enum DropReason {
    UNSPECIFIED(0, "nobody says why"),
    NO_ENDPOINTS(1, "to a service that has no endpoint which could take it"),
    FRAGMENT(2, "a fragment to or from a service: only the first one names the ports"),
    FLOW_COLLISION(3, "the client talks to the same backend from the same port through another service"),
    CONNTRACK_FULL(4, "no room to remember the connection"),
    REWRITE_FAILED(5, "no memory to make the packet writable"),
    TABLE_CORRUPT(6, "a service names a slot or backend that is not there"),
    SPOOFED_SOURCE(7, "a pod sent from an address that is not its own");

    private final int number;
    private final String meaning;

    DropReason(int number, String meaning) {
        this.number = number;
        this.meaning = meaning;
    }

    /** Its place in the map of counters. */
    public int number() {
        return number;
    }

    public String meaning() {
        return meaning;
    }

    /** Ours of a number; empty if it is an extension's, or a later version's. */
    public static Optional<DropReason> of(int number) {
        return Arrays.stream(values()).filter(reason -> reason.number == number).findFirst();
    }
}
