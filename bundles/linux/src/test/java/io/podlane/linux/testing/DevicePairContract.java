// SPDX-License-Identifier: Apache-2.0
package io.podlane.linux.testing;

import static io.podlane.linux.testing.NodeAndPod.NODE4;
import static io.podlane.linux.testing.NodeAndPod.POD4;
import static io.podlane.linux.testing.NodeAndPod.POD6;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.podlane.api.device.PodLink;
import io.podlane.api.device.PodLinkProvider;
import io.podlane.api.device.PodSpec;
import io.podlane.api.device.SparePair;
import io.podlane.api.kernel.Errno;
import io.podlane.api.kernel.KernelException;
import io.podlane.linux.netlink.Address;
import io.podlane.linux.netlink.Link;
import io.podlane.linux.netlink.LinkSpec;
import io.podlane.linux.netlink.Route;
import io.podlane.linux.netlink.Rtnetlink;
import io.podlane.linux.netns.NetworkNamespace;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a provider of device pairs does, whatever their kind. The test of each provider has these tests too. */
public interface DevicePairContract {
    /** The device that tests make. */
    String DEVICE = "pl0123456789ab";

    /** The provider under test. */
    PodLinkProvider provider();

    /** Where this test takes place; closed after it. */
    NodeAndPod place();

    /** A pair that is not the pod's, although it is of the same kind or has its other side in the pod. */
    LinkSpec stranger(String name);

    /** Does what programs at the device would, so that packets get through it. */
    void letPacketsThrough(PodLink link);

    @AfterEach
    default void close() {
        place().close();
    }

    /** The pod's device, made by the provider. */
    default PodLink make(int mtu) {
        return place().node.call(() -> provider().create(place().spec, DEVICE, mtu));
    }

    /** The pod's device, if the provider finds it. */
    default Optional<PodLink> adopt(String device) {
        return place().node.call(() -> provider().adopt(place().spec, device));
    }

    /** A pair of which one side waits in that namespace. */
    default SparePair spare(NetworkNamespace waiting) {
        return place().node
                .call(() -> provider().prepare(waiting.path().toString(), "plspare1", 1500))
                .orElseThrow();
    }

    @Test
    default void podReachesItself() throws IOException {
        make(1500);
        place().assertConnects(place().pod, place().pod, POD4);
        place().assertConnects(place().pod, place().pod, POD6);
    }

    @Test
    default void whatAnEarlierRunMadeIsAdoptedUnchanged() {
        PodLink made = make(1500);
        PodLink adopted = adopt(DEVICE).orElseThrow();
        assertEquals(made.device(), adopted.device());
        assertArrayEquals(made.podMac(), adopted.podMac());
        assertArrayEquals(made.hostMac(), adopted.hostMac());
        assertEquals(made.mode(), adopted.mode());
        assertTrue(adopted.managed());
    }

    @Test
    default void deviceOfAnotherNamespaceOrKindIsNotAdopted() {
        assertEquals(Optional.empty(), adopt(DEVICE));
        try (var other = NetworkNamespace.create()) {
            var elsewhere = new PodSpec("b", other.path().toString(), List.of(POD4), Map.of(), Optional.empty());
            place().node.call(() -> provider().create(elsewhere, DEVICE, 1500));
            assertEquals(Optional.empty(), adopt(DEVICE));
        }
        place().onNode.links().create(stranger("other0"));
        assertEquals(Optional.empty(), adopt("other0"));
    }

    @Test
    default void nothingIsLeftOfADeviceThatCouldNotBeFinished() {
        Rtnetlink onNode = place().onNode;
        int lo = onNode.links().find("lo").orElseThrow().ifindex();
        onNode.routes().add(Route.to(POD6).dev(lo));
        onNode.routes().add(Route.to(POD4).dev(lo).scope(Route.Scope.LINK));
        var thrown = assertThrows(KernelException.class, () -> make(1500));
        assertEquals(Errno.EEXIST, thrown.errno());
        assertEquals("add route", thrown.operation());
        assertEquals(Optional.empty(), onNode.links().find(DEVICE));
        assertEquals(Optional.empty(), place().inPod.links().find("eth0"));
    }

    @Test
    default void sparePairWaitsSwitchedOffAndOutOfThePodsSight() {
        try (var waiting = NetworkNamespace.create();
                var far = Rtnetlink.open(waiting)) {
            SparePair spare = spare(waiting);
            Link near = place().onNode.links().find(spare.device().ifindex()).orElseThrow();
            assertEquals("plspare1", near.name());
            assertEquals("plspare1", spare.device().name());
            assertFalse(near.up());
            assertFalse(far.links().find(near.peerIfindex()).orElseThrow().up());
            assertTrue(place().inPod.links().find("eth0").isEmpty());
            far.addresses().add(Address.single(near.peerIfindex(), POD4));
            assertThrows(
                    UncheckedIOException.class,
                    () -> NodeAndPod.connect(waiting, new InetSocketAddress(NODE4, 9), Duration.ofSeconds(5)));
        }
    }

    @Test
    default void assignedSpareIsAsOneMadeForThePod() throws IOException {
        PodLink link;
        try (var waiting = NetworkNamespace.create()) {
            SparePair spare = spare(waiting);
            link = place().node.call(() -> spare.assign(place().spec, DEVICE, 1400));
            assertEquals(spare.device().ifindex(), link.device().ifindex(), "the programs there stay");
            assertEquals(spare.device().hooks(), link.device().hooks());
        }
        PodLink adopted = adopt(DEVICE).orElseThrow();
        assertEquals(link.device(), adopted.device());
        assertArrayEquals(link.podMac(), adopted.podMac());
        assertArrayEquals(link.hostMac(), adopted.hostMac());
        assertTrue(place().onNode.links().find("plspare1").isEmpty());
        assertEquals(1400, place().onNode.links().find(DEVICE).orElseThrow().mtu());
        assertEquals(1400, place().inPod.links().find("eth0").orElseThrow().mtu());
        letPacketsThrough(link);
        place().assertReachEachOther();
        place().assertConnects(place().pod, place().pod, POD4);
    }

    @Test
    default void spareGoesWithTheNamespaceThatItWaitsIn() {
        SparePair spare;
        try (var waiting = NetworkNamespace.create()) {
            spare = spare(waiting);
            assertTrue(place().onNode.links().find(spare.device().ifindex()).isPresent());
        }
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (place().onNode.links().find(spare.device().ifindex()).isPresent()) {
            assertTrue(System.nanoTime() < deadline, "it is still there after 10 s");
            Thread.onSpinWait();
        }
    }

    @Test
    default void nothingIsLeftOfASpareThatCannotBeAssigned() {
        place().inPod.links().create(new LinkSpec.Veth(LinkSpec.Side.named("eth0"), LinkSpec.Side.named("other0")));
        try (var waiting = NetworkNamespace.create()) {
            SparePair spare = spare(waiting);
            var thrown = assertThrows(
                    KernelException.class, () -> place().node.call(() -> spare.assign(place().spec, DEVICE, 1500)));
            assertEquals(Errno.EEXIST, thrown.errno());
            assertTrue(place().onNode.links().find(spare.device().ifindex()).isEmpty());
            assertTrue(place().onNode.links().find(DEVICE).isEmpty());
        }
        assertEquals(
                List.of("eth0", "lo", "other0"),
                place().inPod.links().list().stream().map(Link::name).sorted().toList());
    }

    @Test
    default void removingTakesBothSidesAndTwiceIsNoError() {
        PodLink link = make(1500);
        for (int i = 0; i < 2; i++) {
            place().node.call(() -> {
                provider().remove(link);
                return null;
            });
        }
        assertFalse(place().onNode.links().find(DEVICE).isPresent());
        assertFalse(place().inPod.links().find("eth0").isPresent());
    }
}
