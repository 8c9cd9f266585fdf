// SPDX-License-Identifier: Apache-2.0
package io.podlane.tcx;

import io.podlane.api.attach.Phase;
import java.util.Comparator;

/** Where an attachment stands among ours: by phase, then by owner and name, so that the order is the same every time. */
record Rank(Phase phase, String owner, String name) implements Comparable<Rank> {
    private static final Comparator<Rank> ORDER =
            Comparator.comparing(Rank::phase).thenComparing(Rank::owner).thenComparing(Rank::name);

    @Override
    public int compareTo(Rank other) {
        return ORDER.compare(this, other);
    }
}
