// SPDX-License-Identifier: Apache-2.0
package io.podlane.pods;

import io.podlane.api.attach.AttachPoint;
import io.podlane.api.attach.Hook;
import io.podlane.api.device.Device;
import io.podlane.api.device.PodLink;
import io.podlane.api.device.PodLinkProvider;
import io.podlane.api.device.PodSpec;
import io.podlane.api.device.SparePair;
import io.podlane.linux.netlink.Link;
import io.podlane.linux.netlink.LinkSpec;
import io.podlane.linux.netlink.Rtnetlink;
import io.podlane.linux.netns.NetworkNamespace;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Makes bare veth pairs. */
final class PairProvider implements PodLinkProvider {
    @Override
    public String kind() {
        return "veth";
    }

    @Override
    public PodLink create(PodSpec spec, String deviceName, int mtu) {
        try (var namespace = NetworkNamespace.open(Path.of(spec.netns()));
                var node = Rtnetlink.open()) {
            var peer = LinkSpec.Side.named("eth0").mtu(mtu).in(namespace);
            node.links()
                    .create(new LinkSpec.Veth(LinkSpec.Side.named(deviceName).mtu(mtu), peer));
            return podLink(spec, node.links().find(deviceName).orElseThrow());
        }
    }

    @Override
    public Optional<SparePair> prepare(String waitingRoom, String deviceName, int mtu) {
        try (var namespace = NetworkNamespace.open(Path.of(waitingRoom));
                var node = Rtnetlink.open()) {
            var side = LinkSpec.Side.named(deviceName).mtu(mtu);
            node.links().create(new LinkSpec.Veth(side, side.in(namespace)));
            return node.links().find(deviceName).map(link -> new Spare(waitingRoom, link));
        }
    }

    private record Spare(String waitingRoom, Link link) implements SparePair {
        @Override
        public Device device() {
            return PairProvider.device(link);
        }

        @Override
        public PodLink assign(PodSpec spec, String deviceName, int mtu) {
            try (var waiting = NetworkNamespace.open(Path.of(waitingRoom));
                    var namespace = NetworkNamespace.open(Path.of(spec.netns()));
                    var node = Rtnetlink.open();
                    var far = Rtnetlink.open(waiting)) {
                node.links().rename(link.ifindex(), deviceName);
                far.links().move(link.peerIfindex(), namespace, "eth0");
                return podLink(spec, node.links().find(deviceName).orElseThrow());
            }
        }
    }

    @Override
    public Optional<PodLink> adopt(PodSpec spec, String deviceName) {
        try (var namespace = NetworkNamespace.open(Path.of(spec.netns()));
                var node = Rtnetlink.open()) {
            return node.links().findPair(deviceName, kind(), namespace).map(link -> podLink(spec, link));
        }
    }

    @Override
    public void remove(PodLink link) {
        try (var node = Rtnetlink.open()) {
            node.links().find(link.device().ifindex()).ifPresent(l -> node.links()
                    .delete(l.ifindex()));
        }
    }

    private static PodLink podLink(PodSpec spec, Link link) {
        return new PodLink(spec, device(link), "l2", new byte[0], link.mac().bytes(), true);
    }

    private static Device device(Link link) {
        var hook = new AttachPoint.Tcx(link.ifindex(), AttachPoint.Tcx.Direction.INGRESS);
        return new Device(
                link.name(), link.ifindex(), Device.Role.POD, "veth", Map.of(Hook.POD_EGRESS, hook), Set.of());
    }
}
