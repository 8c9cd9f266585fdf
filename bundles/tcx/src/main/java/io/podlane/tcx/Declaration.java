// SPDX-License-Identifier: Apache-2.0
package io.podlane.tcx;

import io.podlane.api.attach.AttachPoint;
import io.podlane.api.attach.Phase;
import io.podlane.api.bpf.Program;
import java.util.Optional;

/**
 * An attachment as it should be.
 *
 * @param phase empty if it has another order, which counts only when it is attached
 * @param device the device's name, for lists; empty where there is none
 */
record Declaration(LinkPin pin, AttachPoint point, Optional<Phase> phase, String device, Program program) {
    Optional<Rank> rank() {
        return phase.map(p -> new Rank(p, pin.owner(), pin.name()));
    }
}
