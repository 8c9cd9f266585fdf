// SPDX-License-Identifier: Apache-2.0
package io.podlane.hostrouting;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.podlane.api.bpf.BpfMap;
import io.podlane.api.bpf.BpfObject;
import io.podlane.api.bpf.Codec;
import io.podlane.api.cluster.Cidr;
import io.podlane.api.cluster.IpAddress;
import io.podlane.api.kernel.KernelException;
import io.podlane.linux.bpf.KernelLoader;
import io.podlane.linux.testing.KernelTest;
import io.podlane.linux.testing.Machine;
import io.podlane.linux.testing.Packet;
import java.net.Inet4Address;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Test runs happen on the loopback device, so a pod whose device is 1 is the one that sends. */
final class RouteTest {
    private static final int LOOPBACK = 1;
    private static final int NEXT = -1;
    private static final int DROP = 2;
    private static final int REDIRECT = 7;
    private static final int SHORTEST_IP_FRAME = 34;
    private static final byte[] MAC = {2, 0, 0, 0, 0, 9};
    private static final String SENDER = "10.1.0.1:4000";
    private static final String LOCAL = "10.1.0.2:80";
    private static final String REMOTE = "10.2.0.2:80";
    private static final String WORLD = "192.0.2.1:80";
    private static final String UNADDRESSED = "00:00:00:00:00:00";

    private record Case(String description, String program, Packet in, int verdict, String out, String mac) {}

    private static Inet4Address address(String text) {
        return (Inet4Address) IpAddress.parse(text);
    }

    private static BpfObject load(KernelLoader loader) {
        Machine.run("ip link set lo up");
        BpfObject object = loader.load(Machine.object("hostrouting/route"));
        new PodRoutes(object.map("route_pods4_v1", Codec.IPV4, Codec.U32), object.mappedArray("route_pods_v1"))
                .apply(Map.of(
                        address("10.1.0.1"), new PodTarget(LOOPBACK, 0, false),
                        address("10.1.0.2"), new PodTarget(LOOPBACK, Layout.mac(MAC), false),
                        address("10.1.0.3"), new PodTarget(77, 0, false)));
        BpfMap<Cidr, NextHop> remotes = object.map("route_remote4_v1", Layout.PREFIX4, Layout.NEXT_HOP);
        remotes.put(Cidr.parse("10.2.0.0/24"), new NextHop(address("192.168.0.2"), LOOPBACK));
        return object;
    }

    @KernelTest
    void packetsInAndOut(Path bpffs) {
        String fromPod = "podlane_route_from_pod";
        String fromUplink = "podlane_route_from_uplink";
        String check = "podlane_route_check_source";
        List<Case> cases = List.of(
                new Case(
                        "a pod's packet to a pod of this node is redirected to it, one hop older",
                        fromPod,
                        Packet.tcp(SENDER, LOCAL, Packet.SYN),
                        REDIRECT,
                        "TCP 10.1.0.1:4000 > 10.1.0.2:80 ttl 63",
                        "02:00:00:00:00:09"),
                new Case(
                        "a pod's packet to another node's pod is redirected to the uplink, one hop older",
                        fromPod,
                        Packet.udp(SENDER, REMOTE),
                        REDIRECT,
                        "UDP 10.1.0.1:4000 > 10.2.0.2:80 ttl 63",
                        UNADDRESSED),
                new Case(
                        "a pod's packet to the world is the stack's work",
                        fromPod,
                        Packet.udp(SENDER, WORLD),
                        NEXT,
                        "UDP 10.1.0.1:4000 > 192.0.2.1:80 ttl 64",
                        UNADDRESSED),
                new Case(
                        "a packet too old to go on is the stack's work: it tells the sender",
                        fromPod,
                        Packet.udp(SENDER, LOCAL).ttl(1),
                        NEXT,
                        "UDP 10.1.0.1:4000 > 10.1.0.2:80 ttl 1",
                        UNADDRESSED),
                new Case(
                        "so is one for another node",
                        fromPod,
                        Packet.udp(SENDER, REMOTE).ttl(0),
                        NEXT,
                        "UDP 10.1.0.1:4000 > 10.2.0.2:80 ttl 0",
                        UNADDRESSED),
                new Case(
                        "a packet to a device that is gone is the stack's work",
                        fromPod,
                        Packet.udp(SENDER, "10.1.0.3:80"),
                        NEXT,
                        "UDP 10.1.0.1:4000 > 10.1.0.3:80 ttl 64",
                        UNADDRESSED),
                new Case(
                        "a ping goes the same way",
                        fromPod,
                        Packet.ping("10.1.0.1", "10.1.0.2"),
                        REDIRECT,
                        "protocol 1 10.1.0.1 > 10.1.0.2 ttl 63",
                        "02:00:00:00:00:09"),
                new Case(
                        "a fragment goes the same way",
                        fromPod,
                        Packet.udp(SENDER, LOCAL).fragment(100, true),
                        REDIRECT,
                        "UDP 10.1.0.1:4000 > 10.1.0.2:80 ttl 63",
                        "02:00:00:00:00:09"),
                new Case(
                        "IP options do not matter",
                        fromPod,
                        Packet.udp(SENDER, LOCAL).options(40),
                        REDIRECT,
                        "UDP 10.1.0.1:4000 > 10.1.0.2:80 ttl 63",
                        "02:00:00:00:00:09"),
                new Case(
                        "a wrong IP checksum stays wrong",
                        fromPod,
                        Packet.udp(SENDER, LOCAL).wrongIpChecksum(),
                        REDIRECT,
                        "UDP 10.1.0.1:4000 > 10.1.0.2:80 ttl 63, wrong IP checksum",
                        "02:00:00:00:00:09"),
                new Case(
                        "an uplink's packet to a pod of this node is redirected to it",
                        fromUplink,
                        Packet.tcp(REMOTE, LOCAL, Packet.ACK),
                        REDIRECT,
                        "TCP 10.2.0.2:80 > 10.1.0.2:80 ttl 63",
                        "02:00:00:00:00:09"),
                new Case(
                        "an uplink's packet to the node itself is the stack's work",
                        fromUplink,
                        Packet.tcp(REMOTE, "192.168.0.1:22", Packet.SYN),
                        NEXT,
                        "TCP 10.2.0.2:80 > 192.168.0.1:22 ttl 64",
                        UNADDRESSED),
                new Case(
                        "an uplink's packet to another node's pod is the stack's work",
                        fromUplink,
                        Packet.tcp(WORLD, REMOTE, Packet.SYN),
                        NEXT,
                        "TCP 192.0.2.1:80 > 10.2.0.2:80 ttl 64",
                        UNADDRESSED),
                new Case(
                        "an uplink's packet too old to go on is the stack's work",
                        fromUplink,
                        Packet.udp(REMOTE, LOCAL).ttl(1),
                        NEXT,
                        "UDP 10.2.0.2:80 > 10.1.0.2:80 ttl 1",
                        UNADDRESSED),
                new Case(
                        "a pod may send from its own address",
                        check,
                        Packet.udp(SENDER, WORLD),
                        NEXT,
                        "UDP 10.1.0.1:4000 > 192.0.2.1:80 ttl 64",
                        UNADDRESSED),
                new Case(
                        "not from an address of another device",
                        check,
                        Packet.udp("10.1.0.3:4000", WORLD),
                        DROP,
                        "UDP 10.1.0.3:4000 > 192.0.2.1:80 ttl 64",
                        UNADDRESSED),
                new Case(
                        "nor from one that is no pod's",
                        check,
                        Packet.udp(WORLD, LOCAL),
                        DROP,
                        "UDP 192.0.2.1:80 > 10.1.0.2:80 ttl 64",
                        UNADDRESSED));
        try (var loader = new KernelLoader(bpffs, "io.podlane.hostrouting")) {
            BpfObject object = load(loader);
            for (Case c : cases) {
                long dropped = spoofed(object);
                var run = object.program(c.program).test(c.in.bytes());
                assertEquals(c.verdict, run.verdict(), c.description);
                assertEquals(c.out, Packet.describe(run.packet()), c.description);
                assertEquals(c.mac, Packet.destinationMac(run.packet()), c.description);
                assertEquals(c.verdict == DROP ? 1 : 0, spoofed(object) - dropped, "counted: " + c.description);
            }
        }
    }

    private static long spoofed(BpfObject object) {
        return object.map("drop_counts_v1", Codec.U32, Codec.U64).getPerCpu(7).stream()
                .mapToLong(count -> count)
                .sum();
    }

    @KernelTest
    void aPacketTooBigForTheDeviceIsTheStacksWork(Path bpffs) {
        try (var loader = new KernelLoader(bpffs, "io.podlane.hostrouting")) {
            BpfObject object = load(loader);
            Machine.run("ip link set lo mtu 1000");
            for (int payload : new int[] {1000 - 28, 1000 - 27}) {
                for (String destination : new String[] {LOCAL, REMOTE}) {
                    byte[] packet = Packet.udp(SENDER, destination)
                            .payload(new int[payload])
                            .bytes();
                    int verdict = object.program("podlane_route_from_pod")
                            .test(packet)
                            .verdict();
                    assertEquals(payload == 1000 - 28 ? REDIRECT : NEXT, verdict, payload + " to " + destination);
                }
            }
        }
    }

    @KernelTest
    void aFrameForSomebodyElseOnTheWireIsNotTaken(Path bpffs) {
        try (var loader = new KernelLoader(bpffs, "io.podlane.hostrouting")) {
            byte[] packet = Packet.udp(REMOTE, LOCAL).bytes();
            packet[5] = 1;
            assertEquals(
                    NEXT,
                    load(loader)
                            .program("podlane_route_from_uplink")
                            .test(packet)
                            .verdict());
        }
    }

    @KernelTest
    void aPacketCutOffInItsHeadersIsLeftAsItIs(Path bpffs) {
        try (var loader = new KernelLoader(bpffs, "io.podlane.hostrouting")) {
            BpfObject object = load(loader);
            byte[] whole = Packet.udp(SENDER, LOCAL).options(20).payload().bytes();
            for (String program :
                    List.of("podlane_route_check_source", "podlane_route_from_pod", "podlane_route_from_uplink")) {
                for (int length = 15; length < SHORTEST_IP_FRAME + 20; length++) {
                    byte[] cut = Arrays.copyOf(whole, length);
                    try {
                        var run = object.program(program).test(cut);
                        assertEquals(NEXT, run.verdict(), program + " cut to " + length);
                        assertArrayEquals(cut, run.packet(), program + " cut to " + length);
                    } catch (KernelException refused) {
                        // Linux 6.18 runs no test with less than an IP header.
                        assertTrue(length < SHORTEST_IP_FRAME, refused.getMessage());
                    }
                }
            }
        }
    }

    @KernelTest
    void aRestartWritesNothingAndAPodThatMovesKeepsItsPlace(Path bpffs) {
        try (var loader = new KernelLoader(bpffs, "io.podlane.hostrouting")) {
            BpfObject object = load(loader);
            BpfMap<Inet4Address, Integer> indices = object.map("route_pods4_v1", Codec.IPV4, Codec.U32);
            var again = new PodRoutes(indices, object.mappedArray("route_pods_v1"));
            var targets = again.targets();
            assertEquals(3, targets.size());
            assertEquals(new PodTarget(LOOPBACK, Layout.mac(MAC), false), targets.get(address("10.1.0.2")));
            var index = indices.get(address("10.1.0.2"));

            again.apply(Map.of(address("10.1.0.2"), new PodTarget(55, 0, true)));
            assertEquals(index, indices.get(address("10.1.0.2")));
            assertEquals(Map.of(address("10.1.0.2"), new PodTarget(55, 0, true)), again.targets());
            assertTrue(indices.get(address("10.1.0.1")).isEmpty(), "a pod that is gone is forgotten");
            assertTrue(again.collect());
        }
    }
}
