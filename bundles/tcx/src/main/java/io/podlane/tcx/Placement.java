// SPDX-License-Identifier: Apache-2.0
package io.podlane.tcx;

import io.podlane.api.attach.Phase;
import io.podlane.linux.bpf.BpfLinks.Entry;
import io.podlane.linux.bpf.BpfLinks.Place;
import java.util.List;
import java.util.Map;

/** Finds the place of a program in a list of ours and others'. Pure. */
final class Placement {
    private Placement() {}

    /**
     * Before the first of ours that ranks later, else right after the last of ours, so that others keep their place. The
     * tail goes behind everything that is there: whoever came before it still runs.
     *
     * @param listed what is there, in order
     * @param ours the ranks of ours, by link id; one of unknown rank is not among them
     */
    static Place of(Rank rank, List<Entry> listed, Map<Integer, Rank> ours) {
        int lastOfOurs = 0;
        for (Entry entry : listed) {
            Rank other = ours.get(entry.linkId());
            if (other == null) {
                continue;
            }
            if (other.compareTo(rank) > 0) {
                return new Place.BeforeLink(entry.linkId());
            }
            lastOfOurs = entry.linkId();
        }
        return lastOfOurs == 0 || rank.phase() == Phase.TAIL ? new Place.Last() : new Place.AfterLink(lastOfOurs);
    }

    /** Whether a link of ours stands right: behind none of ours that ranks later, before none that ranks earlier. */
    static boolean right(int linkId, Rank rank, List<Entry> listed, Map<Integer, Rank> ours) {
        boolean passed = false;
        for (Entry entry : listed) {
            if (entry.linkId() == linkId) {
                passed = true;
                continue;
            }
            Rank other = ours.get(entry.linkId());
            if (other != null && other.compareTo(rank) > 0 != passed) {
                return false;
            }
        }
        return true;
    }
}
