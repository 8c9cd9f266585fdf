// SPDX-License-Identifier: Apache-2.0
package io.podlane.tcx;

import io.podlane.api.attach.Order;
import io.podlane.api.attach.Order.Anchor;
import io.podlane.linux.bpf.BpfLinks.Entry;
import io.podlane.linux.bpf.BpfLinks.Place;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Turns an order into a place in a list. Pure. */
final class Anchors {
    private Anchors() {}

    /**
     * @param ours our leases at that point, by link id
     * @throws IllegalArgumentException if the order names something that is not there
     */
    static Place place(Declaration declared, Order order, List<Entry> listed, Map<Integer, Lease> ours) {
        if (order instanceof Order.Head) {
            return new Place.First();
        } else if (order instanceof Order.Tail) {
            return new Place.Last();
        } else if (order instanceof Order.Before before) {
            Entry entry = find(declared, before.anchor(), listed, ours);
            return entry.linkId() != 0
                    ? new Place.BeforeLink(entry.linkId())
                    : new Place.BeforeProgram(entry.programId());
        } else if (order instanceof Order.After after) {
            Entry entry = find(declared, after.anchor(), listed, ours);
            return entry.linkId() != 0
                    ? new Place.AfterLink(entry.linkId())
                    : new Place.AfterProgram(entry.programId());
        }
        return Placement.of(
                declared.rank().orElseThrow(),
                listed,
                ours.values().stream()
                        .filter(lease -> lease.rank().isPresent())
                        .collect(Collectors.toMap(
                                Lease::linkId, lease -> lease.rank().orElseThrow())));
    }

    private static Entry find(Declaration declared, Anchor anchor, List<Entry> listed, Map<Integer, Lease> ours) {
        return listed.stream()
                .filter(entry -> isMeant(anchor, entry, ours.get(entry.linkId())))
                .findFirst()
                .orElseThrow(() ->
                        new IllegalArgumentException("attach " + declared.pin().name() + ": at "
                                + declared.point().describe() + " there is no " + describe(anchor)));
    }

    private static boolean isMeant(Anchor anchor, Entry entry, Lease lease) {
        if (anchor instanceof Anchor.Named named) {
            return lease != null && lease.pin().name().equals(named.attachment());
        } else if (anchor instanceof Anchor.LinkId link) {
            return entry.linkId() == link.id();
        }
        return entry.programId() == ((Anchor.ProgramId) anchor).id();
    }

    private static String describe(Anchor anchor) {
        if (anchor instanceof Anchor.Named named) {
            return "attachment " + named.attachment();
        } else if (anchor instanceof Anchor.LinkId link) {
            return "link " + link.id();
        }
        return "program " + ((Anchor.ProgramId) anchor).id();
    }
}
