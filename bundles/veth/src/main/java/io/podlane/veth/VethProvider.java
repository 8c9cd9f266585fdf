// SPDX-License-Identifier: Apache-2.0
package io.podlane.veth;

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
import io.podlane.linux.netlink.MacAddress;
import io.podlane.linux.netlink.Route;
import io.podlane.linux.netlink.Rtnetlink;
import io.podlane.linux.netns.NetworkNamespace;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.osgi.service.component.annotations.Component;

/**
 * Pod devices of kind veth. The pod sends everything to a gateway address that nobody has, whose hardware address it knows
 * to be the node's side, so that neither side ever asks for the other.
 */
@Component(property = "service.ranking:Integer=100")
public final class VethProvider implements PodLinkProvider {
    private static final String KIND = "veth";
    private static final String POD_DEVICE = "eth0";
    private static final InetAddress GATEWAY4 = address(new byte[] {(byte) 169, (byte) 254, 1, 1});
    private static final InetAddress GATEWAY6 =
            address(new byte[] {(byte) 0xfe, (byte) 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});

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
                    .create(new LinkSpec.Veth(
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

    @Override
    public Optional<SparePair> prepare(String waitingRoom, String deviceName, int mtu) {
        try (var namespace = NetworkNamespace.open(Path.of(waitingRoom));
                var node = Rtnetlink.open()) {
            node.links()
                    .create(new LinkSpec.Veth(
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
            return VethProvider.device(link);
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
        Link podSide = pod.links().find(POD_DEVICE).orElseThrow();
        connectPod(pod, podSide.ifindex(), nodeSide.mac(), spec);
        connectNode(node, nodeSide.ifindex(), podSide.mac(), spec);
        return podLink(spec, nodeSide, podSide.mac());
    }

    private static void connectPod(Rtnetlink pod, int device, MacAddress node, PodSpec spec) {
        pod.links().find("lo").ifPresent(lo -> pod.links()
                .setUp(lo.ifindex())); // It carries what a pod sends to itself.
        pod.links().setUp(device);
        for (InetAddress ip : spec.ips()) {
            pod.addresses().add(Address.single(device, ip));
        }
        for (boolean v4 : new boolean[] {true, false}) {
            if (spec.ips().stream().anyMatch(ip -> v4 == ip instanceof Inet4Address)) {
                InetAddress gateway = v4 ? GATEWAY4 : GATEWAY6;
                pod.neighbours().setPermanent(device, gateway, node);
                pod.routes().add(Route.to(gateway).dev(device).scope(Route.Scope.LINK));
                pod.routes().add(Route.toAll(gateway).via(gateway).dev(device));
            }
        }
    }

    private static void connectNode(Rtnetlink node, int device, MacAddress pod, PodSpec spec) {
        for (InetAddress ip : spec.ips()) {
            node.neighbours().setPermanent(device, ip, pod);
            node.routes().add(Route.to(ip).dev(device).scope(Route.Scope.LINK));
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
            return node.links().findPair(deviceName, KIND, namespace).map(link -> {
                OptionalInt podNetns = link.peerNetnsId();
                MacAddress podMac = node.links()
                        .find(link.peerIfindex(), podNetns.orElseThrow())
                        .map(Link::mac)
                        .orElse(MacAddress.NONE);
                return podLink(spec, link, podMac);
            });
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

    private static PodLink podLink(PodSpec spec, Link link, MacAddress podMac) {
        return new PodLink(spec, device(link), "l2", podMac.bytes(), link.mac().bytes(), true);
    }

    private static Device device(Link link) {
        int ifindex = link.ifindex();
        return new Device(
                link.name(),
                ifindex,
                Device.Role.POD,
                KIND,
                Map.of(
                        Hook.POD_EGRESS, new AttachPoint.Tcx(ifindex, AttachPoint.Tcx.Direction.INGRESS),
                        Hook.POD_INGRESS, new AttachPoint.Tcx(ifindex, AttachPoint.Tcx.Direction.EGRESS)),
                Set.of());
    }

    private static InetAddress address(byte[] bytes) {
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException impossible) {
            throw new AssertionError(impossible);
        }
    }
}
