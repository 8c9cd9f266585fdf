// SPDX-License-Identifier: Apache-2.0
package io.podlane.veth;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.podlane.api.attach.AttachPoint;
import io.podlane.api.attach.Hook;
import io.podlane.api.cluster.IpAddress;
import io.podlane.api.device.PodLink;
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
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("kernel")
class VethProviderTest {
    private static final String DEVICE = "pl0123456789ab";
    private static final InetAddress NODE4 = IpAddress.parse("192.0.2.1");
    private static final InetAddress NODE6 = IpAddress.parse("2001:db8::1");
    private static final InetAddress POD4 = IpAddress.parse("10.1.0.5");
    private static final InetAddress POD6 = IpAddress.parse("fd00::5");

    private final NetworkNamespace node = NetworkNamespace.create();
    private final NetworkNamespace pod = NetworkNamespace.create();
    private final Rtnetlink onNode = Rtnetlink.open(node);
    private final Rtnetlink inPod = Rtnetlink.open(pod);
    private final VethProvider provider = new VethProvider();
    private final PodSpec spec =
            new PodSpec("a", pod.path().toString(), List.of(POD4, POD6), Map.of(), Optional.empty());

    @BeforeEach
    void giveTheNodeAddresses() {
        int lo = onNode.links().find("lo").orElseThrow().ifindex();
        onNode.links().setUp(lo);
        onNode.addresses().add(Address.single(lo, NODE4));
        onNode.addresses().add(Address.single(lo, NODE6));
    }

    @AfterEach
    void close() {
        onNode.close();
        inPod.close();
        node.close();
        pod.close();
    }

    @Test
    void bothSidesReachEachOtherWithoutEverAskingForHardwareAddresses() throws IOException {
        node.call(() -> provider.create(spec, DEVICE, 1500));
        assertConnects(node, pod, POD4);
        assertConnects(pod, node, NODE4);
        assertConnects(node, pod, POD6);
        assertConnects(pod, node, NODE6);
        for (Rtnetlink side : List.of(inPod, onNode)) {
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
        PodLink link = node.call(() -> provider.create(spec, DEVICE, 1400));
        Link there = onNode.links().find(DEVICE).orElseThrow();
        int ifindex = there.ifindex();
        assertEquals(ifindex, link.device().ifindex());
        assertEquals("l2", link.mode());
        assertEquals(1400, there.mtu());
        assertEquals(1400, inPod.links().find("eth0").orElseThrow().mtu());
        assertArrayEquals(there.mac().bytes(), link.hostMac());
        assertArrayEquals(inPod.links().find("eth0").orElseThrow().mac().bytes(), link.podMac());
        assertEquals(
                Map.of(
                        Hook.POD_EGRESS, new AttachPoint.Tcx(ifindex, AttachPoint.Tcx.Direction.INGRESS),
                        Hook.POD_INGRESS, new AttachPoint.Tcx(ifindex, AttachPoint.Tcx.Direction.EGRESS)),
                link.device().hooks());
        assertEquals(Set.of(), link.device().tailed());
    }

    @Test
    void podReachesItself() throws IOException {
        node.call(() -> provider.create(spec, DEVICE, 1500));
        assertConnects(pod, pod, POD4);
        assertConnects(pod, pod, POD6);
    }

    @Test
    void whatAnEarlierRunMadeIsAdoptedUnchanged() {
        PodLink made = node.call(() -> provider.create(spec, DEVICE, 1500));
        PodLink adopted = node.call(() -> provider.adopt(spec, DEVICE)).orElseThrow();
        assertEquals(made.device(), adopted.device());
        assertArrayEquals(made.podMac(), adopted.podMac());
        assertArrayEquals(made.hostMac(), adopted.hostMac());
        assertEquals(made.mode(), adopted.mode());
        assertTrue(adopted.managed());
    }

    @Test
    void deviceOfAnotherNamespaceOrKindIsNotAdopted() {
        assertEquals(Optional.empty(), node.call(() -> provider.adopt(spec, DEVICE)));
        try (var other = NetworkNamespace.create()) {
            var elsewhere = new PodSpec("b", other.path().toString(), List.of(POD4), Map.of(), Optional.empty());
            node.call(() -> provider.create(elsewhere, DEVICE, 1500));
            assertEquals(Optional.empty(), node.call(() -> provider.adopt(spec, DEVICE)));
        }
        onNode.links().create(new LinkSpec.Veth(LinkSpec.Side.named("other0"), LinkSpec.Side.named("other1")));
        assertEquals(Optional.empty(), node.call(() -> provider.adopt(spec, "other0")));
    }

    @Test
    void nothingIsLeftOfADeviceThatCouldNotBeFinished() {
        int lo = onNode.links().find("lo").orElseThrow().ifindex();
        onNode.routes().add(Route.to(POD6).dev(lo));
        onNode.routes().add(Route.to(POD4).dev(lo).scope(Route.Scope.LINK));
        var thrown = assertThrows(KernelException.class, () -> node.call(() -> provider.create(spec, DEVICE, 1500)));
        assertEquals(Errno.EEXIST, thrown.errno());
        assertEquals("add route", thrown.operation());
        assertEquals(Optional.empty(), onNode.links().find(DEVICE));
        assertEquals(Optional.empty(), inPod.links().find("eth0"));
    }

    @Test
    void sparePairWaitsSwitchedOffAndOutOfThePodsSight() {
        try (var waiting = NetworkNamespace.create();
                var far = Rtnetlink.open(waiting)) {
            SparePair spare = spare(waiting);
            Link near = onNode.links().find(spare.device().ifindex()).orElseThrow();
            assertEquals("plspare1", near.name());
            assertEquals("plspare1", spare.device().name());
            assertFalse(near.up());
            assertFalse(far.links().find(near.peerIfindex()).orElseThrow().up());
            assertTrue(inPod.links().find("eth0").isEmpty());
            far.addresses().add(Address.single(near.peerIfindex(), POD4));
            assertThrows(UncheckedIOException.class, () -> connect(waiting, new InetSocketAddress(NODE4, 9)));
        }
    }

    private SparePair spare(NetworkNamespace waiting) {
        return node.call(() -> provider.prepare(waiting.path().toString(), "plspare1", 1500))
                .orElseThrow();
    }

    @Test
    void assignedSpareIsAsOneMadeForThePod() throws IOException {
        PodLink link;
        try (var waiting = NetworkNamespace.create()) {
            SparePair spare = spare(waiting);
            link = node.call(() -> spare.assign(spec, DEVICE, 1400));
            assertEquals(spare.device().ifindex(), link.device().ifindex(), "the programs there stay");
            assertEquals(spare.device().hooks(), link.device().hooks());
        }
        PodLink adopted = node.call(() -> provider.adopt(spec, DEVICE)).orElseThrow();
        assertEquals(link.device(), adopted.device());
        assertArrayEquals(link.podMac(), adopted.podMac());
        assertArrayEquals(link.hostMac(), adopted.hostMac());
        assertTrue(onNode.links().find("plspare1").isEmpty());
        assertEquals(1400, onNode.links().find(DEVICE).orElseThrow().mtu());
        assertEquals(1400, inPod.links().find("eth0").orElseThrow().mtu());
        assertConnects(node, pod, POD4);
        assertConnects(pod, node, NODE4);
        assertConnects(node, pod, POD6);
        assertConnects(pod, node, NODE6);
        assertConnects(pod, pod, POD4);
    }

    @Test
    void spareGoesWithTheNamespaceThatItWaitsIn() {
        SparePair spare;
        try (var waiting = NetworkNamespace.create()) {
            spare = spare(waiting);
            assertTrue(onNode.links().find(spare.device().ifindex()).isPresent());
        }
        long deadline = System.nanoTime() + java.util.concurrent.TimeUnit.SECONDS.toNanos(10);
        while (onNode.links().find(spare.device().ifindex()).isPresent()) {
            assertTrue(System.nanoTime() < deadline, "it is still there after 10 s");
            Thread.onSpinWait();
        }
    }

    @Test
    void nothingIsLeftOfASpareThatCannotBeAssigned() {
        inPod.links().create(new LinkSpec.Veth(LinkSpec.Side.named("eth0"), LinkSpec.Side.named("other0")));
        try (var waiting = NetworkNamespace.create()) {
            SparePair spare = spare(waiting);
            var thrown = assertThrows(KernelException.class, () -> node.call(() -> spare.assign(spec, DEVICE, 1500)));
            assertEquals(Errno.EEXIST, thrown.errno());
            assertTrue(onNode.links().find(spare.device().ifindex()).isEmpty());
            assertTrue(onNode.links().find(DEVICE).isEmpty());
        }
        assertEquals(
                List.of("eth0", "lo", "other0"),
                inPod.links().list().stream().map(Link::name).sorted().toList());
    }

    @Test
    void removingTakesBothSidesAndTwiceIsNoError() {
        PodLink link = node.call(() -> provider.create(spec, DEVICE, 1500));
        for (int i = 0; i < 2; i++) {
            node.call(() -> {
                provider.remove(link);
                return null;
            });
        }
        assertFalse(onNode.links().find(DEVICE).isPresent());
        assertFalse(inPod.links().find("eth0").isPresent());
    }

    private static void assertConnects(NetworkNamespace from, NetworkNamespace to, InetAddress address)
            throws IOException {
        try (var server = listen(to, address);
                var client = connect(from, (InetSocketAddress) server.getLocalAddress())) {
            assertTrue(client.isConnected());
        }
    }

    private static ServerSocketChannel listen(NetworkNamespace namespace, InetAddress address) {
        return namespace.call(() -> {
            try {
                return ServerSocketChannel.open().bind(new InetSocketAddress(address, 0));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    private static SocketChannel connect(NetworkNamespace namespace, InetSocketAddress server) {
        return namespace.call(() -> {
            try {
                var channel = SocketChannel.open();
                channel.socket().connect(server, 5000);
                return channel;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }
}
