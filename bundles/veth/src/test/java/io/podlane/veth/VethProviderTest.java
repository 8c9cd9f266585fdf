// SPDX-License-Identifier: Apache-2.0
package io.podlane.veth;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.podlane.api.attach.AttachPoint;
import io.podlane.api.attach.Hook;
import io.podlane.api.device.PodLink;
import io.podlane.api.device.PodLinkProvider;
import io.podlane.linux.netlink.Link;
import io.podlane.linux.netlink.LinkSpec;
import io.podlane.linux.netlink.Rtnetlink;
import io.podlane.linux.testing.DevicePairContract;
import io.podlane.linux.testing.NodeAndPod;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("kernel")
class VethProviderTest implements DevicePairContract {
    private final NodeAndPod place = new NodeAndPod();
    private final VethProvider provider = new VethProvider();

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
        return new LinkSpec.Veth(LinkSpec.Side.named(name), LinkSpec.Side.named("other1"));
    }

    @Override
    public void letPacketsThrough(PodLink link) {
        // It does without programs.
    }

    @Test
    void bothSidesReachEachOtherWithoutEverAskingForHardwareAddresses() throws IOException {
        make(1500);
        place.assertReachEachOther();
        for (Rtnetlink side : List.of(place.inPod, place.onNode)) {
            assertEquals(
                    List.of(),
                    side.neighbours().list().stream()
                            .filter(neighbour -> !neighbour.permanent())
                            .filter(neighbour -> !neighbour.ip().isMulticastAddress())
                            .filter(neighbour -> !neighbour.ip().isLoopbackAddress())
                            .toList());
        }
    }

    @Test
    void deviceSaysWhereItsHooksAre() {
        PodLink link = make(1400);
        Link there = place.onNode.links().find(DEVICE).orElseThrow();
        Link inPod = place.inPod.links().find("eth0").orElseThrow();
        int ifindex = there.ifindex();
        assertEquals(ifindex, link.device().ifindex());
        assertEquals("l2", link.mode());
        assertEquals(1400, there.mtu());
        assertEquals(1400, inPod.mtu());
        assertArrayEquals(there.mac().bytes(), link.hostMac());
        assertArrayEquals(inPod.mac().bytes(), link.podMac());
        assertEquals(
                Map.of(
                        Hook.POD_EGRESS, new AttachPoint.Tcx(ifindex, AttachPoint.Tcx.Direction.INGRESS),
                        Hook.POD_INGRESS, new AttachPoint.Tcx(ifindex, AttachPoint.Tcx.Direction.EGRESS)),
                link.device().hooks());
        assertEquals(Set.of(), link.device().tailed());
    }
}
