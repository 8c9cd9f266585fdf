// SPDX-License-Identifier: Apache-2.0
package io.podlane.netkit;

import io.podlane.api.attach.AttachPoint;
import io.podlane.api.attach.Hook;
import io.podlane.api.device.Device;
import io.podlane.api.device.PodLink;
import io.podlane.api.device.PodLinkProvider;
import io.podlane.api.device.PodSpec;
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
                    .create(new LinkSpec.NetkitPair(
                            LinkSpec.Side.named(deviceName).mtu(mtu).switchedOn(),
                            LinkSpec.Side.named(POD_DEVICE).mtu(mtu).in(namespace),
                            Netkit.Mode.L3,
                            Netkit.Policy.FORWARD,
                            Netkit.Policy.BLACKHOLE));
            try {
                Link nodeSide = node.links().find(deviceName).orElseThrow();
                connectPod(pod, nodeSide.peerIfindex(), spec);
                for (InetAddress ip : spec.ips()) {
                    node.routes().add(Route.to(ip).dev(nodeSide.ifindex()).scope(Route.Scope.LINK));
                }
                return podLink(spec, nodeSide);
            } catch (RuntimeException e) {
                delete(node, deviceName, e);
                throw e;
            }
        }
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
        int ifindex = link.ifindex();
        var device = new Device(
                link.name(),
                ifindex,
                Device.Role.POD,
                KIND,
                Map.of(
                        Hook.POD_EGRESS, new AttachPoint.Netkit(ifindex, AttachPoint.Netkit.Side.PEER),
                        Hook.POD_INGRESS, new AttachPoint.Netkit(ifindex, AttachPoint.Netkit.Side.PRIMARY)),
                Set.of(Hook.POD_EGRESS, Hook.POD_INGRESS));
        String mode = link.netkit().map(Netkit::mode).orElse(Netkit.Mode.L3) == Netkit.Mode.L2 ? "l2" : "l3";
        return new PodLink(spec, device, mode, NO_MAC, NO_MAC, true);
    }
}
