// SPDX-License-Identifier: Apache-2.0
package io.podlane.tcx;

import io.podlane.api.attach.AttachPoint;
import io.podlane.api.attach.Phase;
import java.util.Optional;

/**
 * An attachment that the kernel holds for a bundle.
 *
 * @param phase empty if it was attached by another order, or only its pin is left to tell of it
 * @param device the device's name, for lists; empty where there is none
 * @param program the program's name; empty if only the pin is left to tell of it
 * @param identity of the program; empty if only the pin is left to tell of it
 * @param linkId the kernel's id of the link
 * @param programId the kernel's id of the program
 */
record Lease(
        LinkPin pin,
        AttachPoint point,
        Optional<Phase> phase,
        String device,
        String program,
        String identity,
        int linkId,
        int programId) {
    Optional<Rank> rank() {
        return phase.map(p -> new Rank(p, pin.owner(), pin.name()));
    }
}
