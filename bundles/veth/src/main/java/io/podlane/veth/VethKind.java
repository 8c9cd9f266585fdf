// SPDX-License-Identifier: Apache-2.0
package io.podlane.veth;

import io.podlane.api.attach.AttachPoint;
import io.podlane.api.attach.Hook;
import io.podlane.api.device.Device;
import io.podlane.api.device.PodLink;
import io.podlane.api.device.PodSpec;
import io.podlane.linux.netlink.Link;
import io.podlane.linux.netlink.LinkSpec;
import io.podlane.linux.netlink.MacAddress;
import io.podlane.linux.netlink.Route;
import io.podlane.linux.netlink.Rtnetlink;
import io.podlane.linux.pair.DevicePairs;
import io.podlane.linux.pair.PairKind;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Veth pairs. The pod sends everything to a gateway address that nobody has, whose hardware address it knows to be the
 * node's side, so that neither side ever asks for the other.
 */
final class VethKind implements PairKind {
    private static final InetAddress GATEWAY4 = address(new byte[] {(byte) 169, (byte) 254, 1, 1});
    private static final InetAddress GATEWAY6 =
            address(new byte[] {(byte) 0xfe, (byte) 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});

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
        int ifindex = nodeSide.ifindex();
        return new Device(
                nodeSide.name(),
                ifindex,
                Device.Role.POD,
                name(),
                Map.of(
                        Hook.POD_EGRESS, new AttachPoint.Tcx(ifindex, AttachPoint.Tcx.Direction.INGRESS),
                        Hook.POD_INGRESS, new AttachPoint.Tcx(ifindex, AttachPoint.Tcx.Direction.EGRESS)),
                Set.of());
    }

    @Override
    public PodLink connect(Rtnetlink node, Rtnetlink pod, PodSpec spec, Link nodeSide) {
        Link podSide = pod.links().find(DevicePairs.POD_DEVICE).orElseThrow();
        for (boolean v4 : new boolean[] {true, false}) {
            if (spec.ips().stream().anyMatch(ip -> v4 == ip instanceof Inet4Address)) {
                sendAllTo(v4 ? GATEWAY4 : GATEWAY6, nodeSide.mac(), pod, podSide.ifindex());
            }
        }
        for (InetAddress ip : spec.ips()) {
            node.neighbours().setPermanent(nodeSide.ifindex(), ip, podSide.mac());
        }
        return podLink(spec, nodeSide, podSide.mac());
    }

    private static void sendAllTo(InetAddress gateway, MacAddress mac, Rtnetlink pod, int device) {
        pod.neighbours().setPermanent(device, gateway, mac);
        pod.routes().add(Route.to(gateway).dev(device).scope(Route.Scope.LINK));
        pod.routes().add(Route.toAll(gateway).via(gateway).dev(device));
    }

    @Override
    public Optional<PodLink> recognize(Rtnetlink node, PodSpec spec, Link nodeSide) {
        OptionalInt podNetns = nodeSide.peerNetnsId();
        MacAddress podMac = node.links()
                .find(nodeSide.peerIfindex(), podNetns.orElseThrow())
                .map(Link::mac)
                .orElse(MacAddress.NONE);
        return Optional.of(podLink(spec, nodeSide, podMac));
    }

    private PodLink podLink(PodSpec spec, Link nodeSide, MacAddress podMac) {
        return new PodLink(
                spec, device(nodeSide), "l2", podMac.bytes(), nodeSide.mac().bytes(), true);
    }

    private static InetAddress address(byte[] bytes) {
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException impossible) {
            throw new AssertionError(impossible);
        }
    }
}
