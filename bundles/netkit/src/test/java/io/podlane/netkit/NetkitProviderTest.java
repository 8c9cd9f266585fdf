// SPDX-License-Identifier: Apache-2.0
package io.podlane.netkit;

import static io.podlane.linux.testing.NodeAndPod.NODE4;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.podlane.api.attach.AttachPoint;
import io.podlane.api.attach.Hook;
import io.podlane.api.device.PodLink;
import io.podlane.api.device.PodLinkProvider;
import io.podlane.linux.netlink.Link;
import io.podlane.linux.netlink.LinkSpec;
import io.podlane.linux.netlink.Netkit;
import io.podlane.linux.testing.DevicePairContract;
import io.podlane.linux.testing.Machine;
import io.podlane.linux.testing.NodeAndPod;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("kernel")
class NetkitProviderTest implements DevicePairContract {
    private final NodeAndPod place = new NodeAndPod();
    private final NetkitProvider provider = new NetkitProvider();

    @BeforeEach
    void kernelHasNetkit() {
        place.node.call(() -> {
            Machine.netkit("probe0", "probe1", place.pod);
            return null;
        });
        place.onNode
                .links()
                .delete(place.onNode.links().find("probe0").orElseThrow().ifindex());
    }

    @Override
    public NodeAndPod place() {
        return place;
    }

    @Override
    public PodLinkProvider provider() {
        return provider;
    }

    @Override
    public LinkSpec stranger(String name) {
        return new LinkSpec.Veth(
                LinkSpec.Side.named(name), LinkSpec.Side.named("other1").in(place.pod));
    }

    @Override
    public void letPacketsThrough(PodLink link) {
        place.onNode.links().setNetkitPolicies(link.device().ifindex(), Netkit.Policy.FORWARD, Netkit.Policy.FORWARD);
    }

    @Test
    void nothingGetsOutOfThePodWhileNoProgramIsAttached() throws IOException {
        make(1500);
        try (var server = NodeAndPod.listen(place.node, NODE4)) {
            var address = (InetSocketAddress) server.getLocalAddress();
            assertThrows(
                    UncheckedIOException.class, () -> NodeAndPod.connect(place.pod, address, Duration.ofSeconds(1)));
        }
    }

    @Test
    void bothSidesReachEachOtherOncePacketsAreLetThrough() throws IOException {
        letPacketsThrough(make(1500));
        place.assertReachEachOther();
    }

    @Test
    void deviceSaysWhereItsHooksAreAndThatTheyNeedATail() {
        PodLink link = make(1400);
        Link there = place.onNode.links().find(DEVICE).orElseThrow();
        int ifindex = there.ifindex();
        assertEquals(ifindex, link.device().ifindex());
        assertEquals("l3", link.mode());
        assertEquals(1400, there.mtu());
        assertEquals(1400, place.inPod.links().find("eth0").orElseThrow().mtu());
        assertEquals(Netkit.Mode.L3, there.netkit().orElseThrow().mode());
        assertEquals(Netkit.Policy.FORWARD, there.netkit().orElseThrow().policy());
        assertEquals(Netkit.Policy.BLACKHOLE, there.netkit().orElseThrow().peerPolicy());
        assertEquals(0, link.podMac().length);
        assertEquals(
                Map.of(
                        Hook.POD_EGRESS, new AttachPoint.Netkit(ifindex, AttachPoint.Netkit.Side.PEER),
                        Hook.POD_INGRESS, new AttachPoint.Netkit(ifindex, AttachPoint.Netkit.Side.PRIMARY)),
                link.device().hooks());
        assertEquals(Set.of(Hook.POD_EGRESS, Hook.POD_INGRESS), link.device().tailed());
    }
}
