// SPDX-License-Identifier: Apache-2.0
package io.podlane.netkit;

import io.podlane.api.attach.AttachPoint;
import io.podlane.api.attach.Hook;
import io.podlane.api.device.Device;
import io.podlane.api.device.PodLink;
import io.podlane.api.device.PodLinkProvider;
import io.podlane.api.device.PodSpec;
import io.podlane.api.device.SparePair;
import io.podlane.api.kernel.KernelException;
import io.podlane.linux.netlink.Address;
import io.podlane.linux.netlink.Link;
import io.podlane.linux.netlink.LinkSpec;
import io.podlane.linux.netlink.Netkit;
import io.podlane.linux.netlink.Route;
import io.podlane.linux.netlink.Rtnetlink;
import io.podlane.linux.netns.NetworkNamespace;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.osgi.service.component.annotations.Component;

/**
 * Pod devices of kind netkit, in L3 mode: no hardware addresses and no neighbours. While no program is attached, what the
 * pod sends is dropped, and what is sent to it arrives.
 */
@Component(property = "service.ranking:Integer=200")
public final class NetkitProvider implements PodLinkProvider {
    private static final String KIND = "netkit";
    private static final String POD_DEVICE = "eth0";
    private static final byte[] NO_MAC = {};

    @Override
    public String kind() {
        return KIND;
    }

    @Override
    public PodLink create(PodSpec spec, String deviceName, int mtu) {
        try (var namespace = NetworkNamespace.open(Path.of(spec.netns()));
                var node = Rtnetlink.open();
                var pod = Rtnetlink.open(namespace)) {
            node.links()
                    .create(pair(
                            LinkSpec.Side.named(deviceName).mtu(mtu).switchedOn(),
                            LinkSpec.Side.named(POD_DEVICE).mtu(mtu).in(namespace)));
            try {
                return connect(node, pod, spec, node.links().find(deviceName).orElseThrow());
            } catch (RuntimeException e) {
                delete(node, deviceName, e);
                throw e;
            }
        }
    }

    private static LinkSpec pair(LinkSpec.Side nodeSide, LinkSpec.Side podSide) {
        return new LinkSpec.NetkitPair(
                nodeSide, podSide, Netkit.Mode.L3, Netkit.Policy.FORWARD, Netkit.Policy.BLACKHOLE);
    }

    @Override
    public Optional<SparePair> prepare(String waitingRoom, String deviceName, int mtu) {
        try (var namespace = NetworkNamespace.open(Path.of(waitingRoom));
                var node = Rtnetlink.open()) {
            node.links()
                    .create(pair(
                            LinkSpec.Side.named(deviceName).mtu(mtu),
                            LinkSpec.Side.named(deviceName).mtu(mtu).in(namespace)));
            return node.links().find(deviceName).map(link -> new Spare(waitingRoom, link));
        }
    }

    /**
     * A pair whose far side waits.
     *
     * @param waitingRoom the path of the namespace that it waits in
     */
    private record Spare(String waitingRoom, Link link) implements SparePair {
        @Override
        public Device device() {
            return NetkitProvider.device(link);
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
                    delete(node, link.ifindex(), e);
                    throw e;
                }
            }
        }
    }

    /** Both sides are there; now they get all they need to talk. */
    private static PodLink connect(Rtnetlink node, Rtnetlink pod, PodSpec spec, Link nodeSide) {
        connectPod(pod, nodeSide.peerIfindex(), spec);
        for (InetAddress ip : spec.ips()) {
            node.routes().add(Route.to(ip).dev(nodeSide.ifindex()).scope(Route.Scope.LINK));
        }
        return podLink(spec, nodeSide);
    }

    private static void connectPod(Rtnetlink pod, int device, PodSpec spec) {
        pod.links().find("lo").ifPresent(lo -> pod.links()
                .setUp(lo.ifindex())); // It carries what a pod sends to itself.
        pod.links().setUp(device);
        for (InetAddress ip : spec.ips()) {
            pod.addresses().add(Address.single(device, ip));
            pod.routes().replace(Route.toAll(ip).dev(device).scope(Route.Scope.LINK));
        }
    }

    private static void delete(Rtnetlink node, String deviceName, RuntimeException because) {
        try {
            node.links().find(deviceName).ifPresent(link -> node.links().delete(link.ifindex()));
        } catch (KernelException e) {
            because.addSuppressed(e);
        }
    }

    private static void delete(Rtnetlink node, int ifindex, RuntimeException because) {
        try {
            if (node.links().find(ifindex).isPresent()) {
                node.links().delete(ifindex);
            }
        } catch (KernelException e) {
            because.addSuppressed(e);
        }
    }

    @Override
    public Optional<PodLink> adopt(PodSpec spec, String deviceName) {
        try (var namespace = NetworkNamespace.open(Path.of(spec.netns()));
                var node = Rtnetlink.open()) {
            return node.links()
                    .findPair(deviceName, KIND, namespace)
                    .filter(link -> link.netkit().map(Netkit::primary).orElse(false))
                    .map(link -> podLink(spec, link));
        }
    }

    @Override
    public void remove(PodLink link) {
        Device device = link.device();
        try (var node = Rtnetlink.open()) {
            node.links()
                    .find(device.name())
                    .filter(there ->
                            there.ifindex() == device.ifindex() && there.kind().equals(KIND))
                    .ifPresent(there -> node.links().delete(there.ifindex()));
        }
    }

    private static PodLink podLink(PodSpec spec, Link link) {
        String mode = link.netkit().map(Netkit::mode).orElse(Netkit.Mode.L3) == Netkit.Mode.L2 ? "l2" : "l3";
        return new PodLink(spec, device(link), mode, NO_MAC, NO_MAC, true);
    }

    private static Device device(Link link) {
        int ifindex = link.ifindex();
        return new Device(
                link.name(),
                ifindex,
                Device.Role.POD,
                KIND,
                Map.of(
                        Hook.POD_EGRESS, new AttachPoint.Netkit(ifindex, AttachPoint.Netkit.Side.PEER),
                        Hook.POD_INGRESS, new AttachPoint.Netkit(ifindex, AttachPoint.Netkit.Side.PRIMARY)),
                Set.of(Hook.POD_EGRESS, Hook.POD_INGRESS));
    }
}
