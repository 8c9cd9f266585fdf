// SPDX-License-Identifier: Apache-2.0
package io.podlane.netkit;

import io.podlane.api.attach.AttachPoint;
import io.podlane.api.attach.Hook;
import io.podlane.api.device.Device;
import io.podlane.api.device.PodLink;
import io.podlane.api.device.PodSpec;
import io.podlane.linux.netlink.Link;
import io.podlane.linux.netlink.LinkSpec;
import io.podlane.linux.netlink.Netkit;
import io.podlane.linux.netlink.Route;
import io.podlane.linux.netlink.Rtnetlink;
import io.podlane.linux.pair.PairKind;
import java.net.InetAddress;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Netkit pairs in L3 mode: no hardware addresses and no neighbours. While no program is attached, what the pod sends is
 * dropped, and what is sent to it arrives.
 */
final class NetkitKind implements PairKind {
    private static final byte[] NO_MAC = {};

    @Override
    public String name() {
        return "netkit";
    }

    @Override
    public LinkSpec pair(LinkSpec.Side nodeSide, LinkSpec.Side podSide) {
        return new LinkSpec.NetkitPair(
                nodeSide, podSide, Netkit.Mode.L3, Netkit.Policy.FORWARD, Netkit.Policy.BLACKHOLE);
    }

    @Override
    public Device device(Link nodeSide) {
        int ifindex = nodeSide.ifindex();
        return new Device(
                nodeSide.name(),
                ifindex,
                Device.Role.POD,
                name(),
                Map.of(
                        Hook.POD_EGRESS, new AttachPoint.Netkit(ifindex, AttachPoint.Netkit.Side.PEER),
                        Hook.POD_INGRESS, new AttachPoint.Netkit(ifindex, AttachPoint.Netkit.Side.PRIMARY)),
                Set.of(Hook.POD_EGRESS, Hook.POD_INGRESS));
    }

    @Override
    public PodLink connect(Rtnetlink node, Rtnetlink pod, PodSpec spec, Link nodeSide) {
        for (InetAddress ip : spec.ips()) {
            pod.routes().replace(Route.toAll(ip).dev(nodeSide.peerIfindex()).scope(Route.Scope.LINK));
        }
        return podLink(spec, nodeSide);
    }

    @Override
    public Optional<PodLink> recognize(Rtnetlink node, PodSpec spec, Link nodeSide) {
        return nodeSide.netkit().filter(Netkit::primary).map(netkit -> podLink(spec, nodeSide));
    }

    private PodLink podLink(PodSpec spec, Link nodeSide) {
        boolean l2 = nodeSide.netkit().map(Netkit::mode).orElse(Netkit.Mode.L3) == Netkit.Mode.L2;
        return new PodLink(spec, device(nodeSide), l2 ? "l2" : "l3", NO_MAC, NO_MAC, true);
    }
}
