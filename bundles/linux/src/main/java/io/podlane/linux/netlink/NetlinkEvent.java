// SPDX-License-Identifier: Apache-2.0
package io.podlane.linux.netlink;

/** What a {@link NetlinkMonitor} tells. */
public sealed interface NetlinkEvent {
    /** Read everything anew: the first event, and the one after some were lost. */
    record Resynchronise() implements NetlinkEvent {}

    /** A device is new, or changed. */
    record LinkChanged(Link link) implements NetlinkEvent {}

    /** A device is gone, or has moved to another namespace. */
    record LinkRemoved(Link link) implements NetlinkEvent {}

    /** An address is new, or changed. */
    record AddressChanged(Address address) implements NetlinkEvent {}

    /** An address is gone. */
    record AddressRemoved(Address address) implements NetlinkEvent {}

    /** A route is new, or changed. */
    record RouteChanged(Route route) implements NetlinkEvent {}

    /** A route is gone. IPv4 routes that go because their device is switched off or removed are not told. */
    record RouteRemoved(Route route) implements NetlinkEvent {}

    /** A neighbour is new, or changed. */
    record NeighbourChanged(Neighbour neighbour) implements NetlinkEvent {}

    /** A neighbour is gone. */
    record NeighbourRemoved(Neighbour neighbour) implements NetlinkEvent {}
}
