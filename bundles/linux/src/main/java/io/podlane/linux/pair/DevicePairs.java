// SPDX-License-Identifier: Apache-2.0
package io.podlane.linux.pair;

import io.podlane.api.device.Device;
import io.podlane.api.device.PodLink;
import io.podlane.api.device.PodLinkProvider;
import io.podlane.api.device.PodSpec;
import io.podlane.api.device.SparePair;
import io.podlane.api.kernel.KernelException;
import io.podlane.linux.netlink.Address;
import io.podlane.linux.netlink.Link;
import io.podlane.linux.netlink.LinkSpec;
import io.podlane.linux.netlink.Links;
import io.podlane.linux.netlink.Route;
import io.podlane.linux.netlink.Rtnetlink;
import io.podlane.linux.netns.NetworkNamespace;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;

/** Makes, finds and removes pod devices that are pairs of one kind. Safe for use by several threads. */
public final class DevicePairs implements PodLinkProvider {
    /** What the pod's side is called there. */
    public static final String POD_DEVICE = "eth0";

    private final PairKind kind;

    public DevicePairs(PairKind kind) {
        this.kind = Objects.requireNonNull(kind);
    }

    @Override
    public String kind() {
        return kind.name();
    }

    @Override
    public PodLink create(PodSpec spec, String deviceName, int mtu) {
        try (var namespace = NetworkNamespace.open(Path.of(spec.netns()));
                var node = Rtnetlink.open();
                var pod = Rtnetlink.open(namespace)) {
            node.links()
                    .create(kind.pair(
                            LinkSpec.Side.named(deviceName).mtu(mtu).switchedOn(),
                            LinkSpec.Side.named(POD_DEVICE).mtu(mtu).in(namespace)));
            try {
                return connect(node, pod, spec, node.links().find(deviceName).orElseThrow());
            } catch (RuntimeException e) {
                delete(node, links -> links.find(deviceName), e);
                throw e;
            }
        }
    }

    @Override
    public Optional<SparePair> prepare(String waitingRoom, String deviceName, int mtu) {
        try (var namespace = NetworkNamespace.open(Path.of(waitingRoom));
                var node = Rtnetlink.open()) {
            node.links()
                    .create(kind.pair(
                            LinkSpec.Side.named(deviceName).mtu(mtu),
                            LinkSpec.Side.named(deviceName).mtu(mtu).in(namespace)));
            return node.links().find(deviceName).map(link -> new Spare(waitingRoom, link));
        }
    }

    /** A pair whose far side waits. */
    private final class Spare implements SparePair {
        private final String waitingRoom;
        private final Link link;

        /**
         * Made already.
         *
         * @param waitingRoom the path of the namespace that the far side waits in
         * @param link the node's side
         */
        private Spare(String waitingRoom, Link link) {
            this.waitingRoom = waitingRoom;
            this.link = link;
        }

        @Override
        public Device device() {
            return kind.device(link);
        }

        @Override
        public PodLink assign(PodSpec spec, String deviceName, int mtu) {
            try (var node = Rtnetlink.open()) {
                try (var waiting = NetworkNamespace.open(Path.of(waitingRoom));
                        var namespace = NetworkNamespace.open(Path.of(spec.netns()));
                        var far = Rtnetlink.open(waiting);
                        var pod = Rtnetlink.open(namespace)) {
                    // Named first: if the agent dies in between, the pair goes, or is found as the pod's.
                    node.links().rename(link.ifindex(), deviceName);
                    node.links().setMtu(link.ifindex(), mtu);
                    far.links().setMtu(link.peerIfindex(), mtu);
                    far.links().move(link.peerIfindex(), namespace, POD_DEVICE);
                    node.links().setUp(link.ifindex());
                    return connect(
                            node, pod, spec, node.links().find(deviceName).orElseThrow());
                } catch (RuntimeException e) {
                    delete(node, links -> links.find(link.ifindex()), e);
                    throw e;
                }
            }
        }
    }

    /** Both sides are there; now they get all they need to talk. */
    private PodLink connect(Rtnetlink node, Rtnetlink pod, PodSpec spec, Link nodeSide) {
        int podSide = nodeSide.peerIfindex();
        pod.links().find("lo").ifPresent(lo -> pod.links()
                .setUp(lo.ifindex())); // It carries what a pod sends to itself.
        pod.links().setUp(podSide);
        for (InetAddress ip : spec.ips()) {
            pod.addresses().add(Address.single(podSide, ip));
        }
        PodLink connected = kind.connect(node, pod, spec, nodeSide);
        for (InetAddress ip : spec.ips()) {
            node.routes().add(Route.to(ip).dev(nodeSide.ifindex()).scope(Route.Scope.LINK));
        }
        return connected;
    }

    private static void delete(Rtnetlink node, Function<Links, Optional<Link>> which, RuntimeException because) {
        try {
            which.apply(node.links()).ifPresent(link -> node.links().delete(link.ifindex()));
        } catch (KernelException e) {
            because.addSuppressed(e);
        }
    }

    @Override
    public Optional<PodLink> adopt(PodSpec spec, String deviceName) {
        try (var namespace = NetworkNamespace.open(Path.of(spec.netns()));
                var node = Rtnetlink.open()) {
            return node.links()
                    .findPair(deviceName, kind(), namespace)
                    .flatMap(link -> kind.recognize(node, spec, link));
        }
    }

    @Override
    public void remove(PodLink link) {
        Device device = link.device();
        try (var node = Rtnetlink.open()) {
            node.links()
                    .find(device.name())
                    .filter(there ->
                            there.ifindex() == device.ifindex() && there.kind().equals(kind()))
                    .ifPresent(there -> node.links().delete(there.ifindex()));
        }
    }
}
