// SPDX-License-Identifier: Apache-2.0
package io.podlane.veth;

import io.podlane.api.device.PodLink;
import io.podlane.api.device.PodLinkProvider;
import io.podlane.api.device.PodSpec;
import io.podlane.api.device.SparePair;
import io.podlane.linux.pair.DevicePairs;
import java.util.Optional;
import org.osgi.service.component.annotations.Component;

/** Pod devices of kind veth. What they are is in {@link VethKind}. */
@Component(property = "service.ranking:Integer=100")
public final class VethProvider implements PodLinkProvider {
    private final DevicePairs pairs = new DevicePairs(new VethKind());

    @Override
    public String kind() {
        return pairs.kind();
    }

    @Override
    public PodLink create(PodSpec spec, String deviceName, int mtu) {
        return pairs.create(spec, deviceName, mtu);
    }

    @Override
    public Optional<SparePair> prepare(String waitingRoom, String deviceName, int mtu) {
        return pairs.prepare(waitingRoom, deviceName, mtu);
    }

    @Override
    public Optional<PodLink> adopt(PodSpec spec, String deviceName) {
        return pairs.adopt(spec, deviceName);
    }

    @Override
    public void remove(PodLink link) {
        pairs.remove(link);
    }
}
