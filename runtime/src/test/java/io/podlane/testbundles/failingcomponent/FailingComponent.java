// SPDX-License-Identifier: Apache-2.0
package io.podlane.testbundles.failingcomponent;

import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/** A component as one whose program the verifier rejects. */
@Component(service = {})
public final class FailingComponent {
    @Activate
    public FailingComponent() {
        throw new IllegalStateException(
                "load program x: EACCES\n0: (85) call bpf_nothing#999\ninvalid func bpf_nothing#999");
    }
}
