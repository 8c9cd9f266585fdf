// SPDX-License-Identifier: Apache-2.0
package io.podlane.api.cluster;

/** A transport protocol that Services know. */
public enum Protocol {
    TCP(6),
    UDP(17),
    SCTP(132);

    private final int number;

    Protocol(int number) {
        this.number = number;
    }

    /** Its number in the IP header (IANA). */
    public int number() {
        return number;
    }
}
