// SPDX-License-Identifier: Apache-2.0
package io.podlane.pods;

import io.podlane.api.attach.AttachPoint;
import io.podlane.api.attach.Hook;
import io.podlane.api.device.Device;
import io.podlane.api.device.PodLink;
import io.podlane.api.device.PodSpec;
import io.podlane.linux.netlink.Link;
import io.podlane.linux.netlink.LinkSpec;
import io.podlane.linux.netlink.Rtnetlink;
import io.podlane.linux.pair.PairKind;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Veth pairs with one hook and without neighbours. */
final class BarePair implements PairKind {
    @Override
    public String name() {
        return "veth";
    }

    @Override
    public LinkSpec pair(LinkSpec.Side nodeSide, LinkSpec.Side podSide) {
        return new LinkSpec.Veth(nodeSide, podSide);
    }

    @Override
    public Device device(Link nodeSide) {
        var hook = new AttachPoint.Tcx(nodeSide.ifindex(), AttachPoint.Tcx.Direction.INGRESS);
        return new Device(
                nodeSide.name(), nodeSide.ifindex(), Device.Role.POD, name(), Map.of(Hook.POD_EGRESS, hook), Set.of());
    }

    @Override
    public PodLink connect(Rtnetlink node, Rtnetlink pod, PodSpec spec, Link nodeSide) {
        return podLink(spec, nodeSide);
    }

    @Override
    public Optional<PodLink> recognize(Rtnetlink node, PodSpec spec, Link nodeSide) {
        return Optional.of(podLink(spec, nodeSide));
    }

    private PodLink podLink(PodSpec spec, Link nodeSide) {
        return new PodLink(
                spec, device(nodeSide), "l2", new byte[0], nodeSide.mac().bytes(), true);
    }
}
