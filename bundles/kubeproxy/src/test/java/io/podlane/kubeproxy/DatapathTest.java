// SPDX-License-Identifier: Apache-2.0
package io.podlane.kubeproxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.podlane.api.cluster.ClusterState;
import io.podlane.api.cluster.EndpointSlice;
import io.podlane.api.cluster.IpAddress;
import io.podlane.api.cluster.Node;
import io.podlane.api.cluster.ObjectName;
import io.podlane.api.cluster.Protocol;
import io.podlane.api.cluster.Service;
import io.podlane.api.kernel.KernelException;
import io.podlane.linux.netlink.LinkSpec;
import io.podlane.linux.netlink.Netkit;
import io.podlane.linux.netlink.Rtnetlink;
import io.podlane.linux.netns.NetworkNamespace;
import io.podlane.linux.testing.KernelTest;
import io.podlane.linux.testing.Machine;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;

/** Real packets, between pods of every pair of device kinds. The nodes' own stacks forward nothing. */
final class DatapathTest {
    private static final String VIP = "10.96.0.1";
    private static final int PORT = 80;
    private static final int TARGET_PORT = 8080;
    private static final int TIMEOUT_MILLIS = 2_000;
    private static final int SILENCE_MILLIS = 300;
    private static final int SPOOFED = 7;

    private static ClusterState cluster(String... backends) {
        var name = new ObjectName("default", "web");
        var ports = List.of(new Service.Port("t", Protocol.TCP, PORT), new Service.Port("u", Protocol.UDP, PORT));
        var targets = List.of(
                new Service.Port("t", Protocol.TCP, TARGET_PORT), new Service.Port("u", Protocol.UDP, TARGET_PORT));
        var endpoints = Stream.of(backends)
                .map(address -> new EndpointSlice.Endpoint(IpAddress.parse(address), true, true, false, ""))
                .toList();
        Map<String, Node> nodes = Map.of(
                "a", DatapathNode.node("a", "192.168.9.1", "10.1.0.0/24"),
                "b", DatapathNode.node("b", "192.168.9.2", "10.2.0.0/24"));
        return new ClusterState(
                Map.of(name, new Service(name, Service.Type.ClusterIP, List.of(IpAddress.parse(VIP)), ports)),
                Map.of(name, new EndpointSlice(name, "web", targets, endpoints)),
                Map.of(),
                nodes);
    }

    private static void wire(DatapathNode a, DatapathNode b) {
        Machine.run("ip link add up-a type veth peer name up-b");
        move("up-a", a.netns);
        move("up-b", b.netns);
        a.uplink("up-a", "192.168.9.1");
        b.uplink("up-b", "192.168.9.2");
    }

    private static void move(String device, NetworkNamespace netns) {
        Machine.run("ip link set " + device + " netns " + netns.path());
    }

    /** The kinds this kernel has, in pairs. */
    private static List<String[]> pairs() {
        List<String> kinds = new ArrayList<>(List.of("veth"));
        if (hasNetkit()) {
            kinds.add("netkit");
        }
        var pairs = new ArrayList<String[]>();
        kinds.forEach(client -> kinds.forEach(server -> pairs.add(new String[] {client, server})));
        return pairs;
    }

    private static boolean hasNetkit() {
        try (var netns = NetworkNamespace.create()) {
            return netns.call(() -> {
                try (var rtnetlink = Rtnetlink.open()) {
                    rtnetlink
                            .links()
                            .create(new LinkSpec.NetkitPair(
                                    LinkSpec.Side.named("probe0"),
                                    LinkSpec.Side.named("probe1"),
                                    Netkit.Mode.L3,
                                    Netkit.Policy.FORWARD,
                                    Netkit.Policy.FORWARD));
                    return true;
                } catch (KernelException e) {
                    return false;
                }
            });
        }
    }

    @KernelTest
    void podsOfOneNodeReachEachOtherThroughAService(Path bpffs) throws Exception {
        for (String[] kinds : pairs()) {
            String description = kinds[0] + " to " + kinds[1];
            try (var node = new DatapathNode("a-" + kinds[0] + "-" + kinds[1], bpffs)) {
                var client = node.addPod(kinds[0], "10.1.0.2");
                var server = node.addPod(kinds[1], "10.1.0.3");
                node.start(cluster("10.1.0.3"));
                assertServed(client, server, VIP, PORT, "10.1.0.2", description);
                assertServed(
                        client, server, "10.1.0.3", TARGET_PORT, "10.1.0.2", description + ", without the service");
            }
        }
    }

    @KernelTest
    void podsOfTwoNodesReachEachOtherThroughAService(Path bpffs) throws Exception {
        for (String[] kinds : pairs()) {
            String description = kinds[0] + " to " + kinds[1];
            try (var a = new DatapathNode("a", bpffs.resolve(kinds[0] + kinds[1]));
                    var b = new DatapathNode("b", bpffs.resolve(kinds[0] + kinds[1]))) {
                wire(a, b);
                var client = a.addPod(kinds[0], "10.1.0.2");
                var server = b.addPod(kinds[1], "10.2.0.3");
                a.start(cluster("10.2.0.3"));
                b.start(cluster("10.2.0.3"));
                assertServed(client, server, VIP, PORT, "10.1.0.2", description);
                assertEquals(1, a.kernelRoutes().size());
                a.purge();
                assertEquals(List.of(), a.kernelRoutes());
            }
        }
    }

    @KernelTest
    void aPodReachesItselfThroughAService(Path bpffs) throws Exception {
        for (String kind : hasNetkit() ? List.of("veth", "netkit") : List.of("veth")) {
            try (var node = new DatapathNode("a-" + kind, bpffs)) {
                var pod = node.addPod(kind, "10.1.0.2");
                node.start(cluster("10.1.0.2"));
                assertServed(pod, pod, VIP, PORT, "169.254.42.1", kind);
            }
        }
    }

    @KernelTest
    void programsAtAPodsIngressSeeEachPacketOnce(Path bpffs) throws Exception {
        for (String[] kinds : pairs()) {
            String description = kinds[0] + " to " + kinds[1];
            try (var node = new DatapathNode("a-" + kinds[0] + "-" + kinds[1], bpffs)) {
                var client = node.addPod(kinds[0], "10.1.0.2");
                var server = node.addPod(kinds[1], "10.1.0.3");
                node.start(cluster("10.1.0.3"));
                var count = node.countIngress("10.1.0.3", 5);
                try (var receiver = datagram(server, "10.1.0.3", TARGET_PORT);
                        var sender = datagram(client, "10.1.0.2", 0)) {
                    for (int i = 0; i < 10; i++) {
                        send(sender, VIP, PORT);
                        assertEquals("10.1.0.2", receive(receiver), description);
                    }
                    assertEquals(10, count.getAsLong(), description);
                    node.restart(cluster("10.1.0.3"));
                    send(sender, VIP, PORT);
                    assertEquals("10.1.0.2", receive(receiver), description);
                    assertEquals(11, count.getAsLong(), description + ", after a restart");
                }
            }
        }
    }

    @KernelTest
    void aForgedSourceIsDroppedAndCounted(Path bpffs) throws Exception {
        for (String kind : hasNetkit() ? List.of("veth", "netkit") : List.of("veth")) {
            try (var node = new DatapathNode("a-" + kind, bpffs)) {
                var client = node.addPod(kind, "10.1.0.2");
                var server = node.addPod("veth", "10.1.0.3");
                node.addPod("veth", "10.1.0.4");
                node.start(cluster("10.1.0.3"));
                client.call(() -> Machine.run("ip addr add 10.1.0.4/32 dev lo"));
                try (var receiver = datagram(server, "10.1.0.3", TARGET_PORT);
                        var honest = datagram(client, "10.1.0.2", 0);
                        var forger = datagram(client, "10.1.0.4", 0)) {
                    receiver.setSoTimeout(SILENCE_MILLIS);
                    send(forger, "10.1.0.3", TARGET_PORT);
                    send(forger, VIP, PORT);
                    assertEquals("nothing", receive(receiver), kind);
                    assertEquals(2, node.drops(SPOOFED), kind);
                    send(honest, VIP, PORT);
                    assertEquals("10.1.0.2", receive(receiver), kind);
                }
            }
        }
    }

    @KernelTest
    void connectionsGoOnWhileTheComponentsAreStoppedAndAfterTheyStartAgain(Path bpffs) throws Exception {
        try (var node = new DatapathNode("a", bpffs)) {
            var client = node.addPod("veth", "10.1.0.2");
            var server = node.addPod("veth", "10.1.0.3");
            node.start(cluster("10.1.0.3"));
            try (var listener = listen(server, "10.1.0.3");
                    var near = connect(client, "10.1.0.2", VIP, PORT);
                    var far = listener.accept()) {
                exchange(near, far);
                node.stop();
                exchange(near, far);
            }
        }
    }

    @KernelTest
    void netkitIsTestedSomewhere(Path bpffs) {
        assumeTrue(hasNetkit(), "this kernel has no netkit; the tests here ran on veth alone");
        assertEquals(4, pairs().size());
    }

    private static void assertServed(
            NetworkNamespace client,
            NetworkNamespace server,
            String address,
            int port,
            String seenAs,
            String description)
            throws IOException {
        String clientAddress = "10.1.0.2";
        String serverAddress = server.call(() -> Machine.run("ip -o -4 addr show dev eth0"))
                .split(" +")[3]
                .split("/")[0];
        try (var listener = listen(server, serverAddress);
                var near = connect(client, clientAddress, address, port);
                var far = listener.accept()) {
            assertEquals(seenAs, far.getInetAddress().getHostAddress(), description);
            exchange(near, far);
        }
        try (var receiver = datagram(server, serverAddress, TARGET_PORT);
                var sender = datagram(client, clientAddress, 0)) {
            send(sender, address, port);
            var packet = new DatagramPacket(new byte[1500], 1500);
            receiver.receive(packet);
            assertEquals(seenAs, packet.getAddress().getHostAddress(), description);
            receiver.send(packet);
            var reply = new DatagramPacket(new byte[1500], 1500);
            sender.receive(reply);
            assertEquals(
                    new InetSocketAddress(address, port),
                    reply.getSocketAddress(),
                    description + ": the reply's source");
        }
    }

    /** Enough bytes each way that offloads, segmentation and checksums all have their part. */
    private static void exchange(Socket near, Socket far) throws IOException {
        byte[] bytes = new byte[100_000];
        new Random(1).nextBytes(bytes);
        for (Socket[] way : new Socket[][] {{near, far}, {far, near}}) {
            var writer = new Thread(() -> {
                try {
                    way[0].getOutputStream().write(bytes);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            writer.start();
            byte[] read = way[1].getInputStream().readNBytes(bytes.length);
            assertTrue(Arrays.equals(bytes, read));
        }
    }

    private static ServerSocket listen(NetworkNamespace pod, String address) {
        return pod.call(() -> {
            try {
                var listener = new ServerSocket(TARGET_PORT, 10, InetAddress.getByName(address));
                listener.setSoTimeout(TIMEOUT_MILLIS);
                return listener;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    private static Socket connect(NetworkNamespace pod, String from, String to, int port) {
        return pod.call(() -> {
            try {
                var socket = new Socket();
                socket.bind(new InetSocketAddress(from, 0));
                socket.connect(new InetSocketAddress(to, port), TIMEOUT_MILLIS);
                socket.setSoTimeout(TIMEOUT_MILLIS);
                return socket;
            } catch (IOException e) {
                throw new UncheckedIOException(from + " to " + to + ":" + port, e);
            }
        });
    }

    private static DatagramSocket datagram(NetworkNamespace pod, String address, int port) {
        return pod.call(() -> {
            try {
                var socket = new DatagramSocket(new InetSocketAddress(address, port));
                socket.setSoTimeout(TIMEOUT_MILLIS);
                return socket;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    private static void send(DatagramSocket socket, String to, int port) throws IOException {
        socket.send(new DatagramPacket(new byte[] {1, 2, 3}, 3, new InetSocketAddress(to, port)));
    }

    /** Who sent the next packet, or that none came. */
    private static String receive(DatagramSocket socket) throws IOException {
        var packet = new DatagramPacket(new byte[1500], 1500);
        try {
            socket.receive(packet);
            return packet.getAddress().getHostAddress();
        } catch (SocketTimeoutException e) {
            return "nothing";
        }
    }
}
