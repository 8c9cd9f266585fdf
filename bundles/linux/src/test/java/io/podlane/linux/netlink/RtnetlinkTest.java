// SPDX-License-Identifier: Apache-2.0
package io.podlane.linux.netlink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.podlane.api.cluster.Cidr;
import io.podlane.api.kernel.Errno;
import io.podlane.api.kernel.KernelException;
import io.podlane.linux.netns.NetworkNamespace;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("kernel")
class RtnetlinkTest {
    private final NetworkNamespace here = NetworkNamespace.create();
    private final NetworkNamespace there = NetworkNamespace.create();
    private final Rtnetlink rtnetlink = Rtnetlink.open(here);

    @AfterEach
    void close() {
        rtnetlink.close();
        here.close();
        there.close();
    }

    @Test
    void vethPairIsMadeWithItsFarSideInTheOtherNamespace() {
        var mac = MacAddress.parse("02:00:00:00:00:01");
        var side = LinkSpec.Side.named("pl0").mtu(1400).mac(mac).switchedOn();
        rtnetlink
                .links()
                .create(new LinkSpec.Veth(
                        side, LinkSpec.Side.named("eth0").mtu(1400).in(there)));

        Link link = rtnetlink.links().find("pl0").orElseThrow();
        assertEquals("veth", link.kind());
        assertEquals(1400, link.mtu());
        assertEquals(mac, link.mac());
        assertTrue(link.up());
        assertFalse(link.carrier(), "the far side is off");
        assertEquals(rtnetlink.links().netnsId(there), link.peerNetnsId());
        assertTrue(link.sizes().gso() >= 65536, "sizes " + link.sizes());
        assertEquals(
                List.of("lo", "pl0"),
                rtnetlink.links().list().stream().map(Link::name).sorted().toList());

        try (Rtnetlink far = Rtnetlink.open(there)) {
            Link peer = far.links().find("eth0").orElseThrow();
            assertEquals(peer.ifindex(), link.peerIfindex());
            assertEquals(link.ifindex(), peer.peerIfindex());
            assertEquals(
                    peer.mac(),
                    rtnetlink
                            .links()
                            .find(link.peerIfindex(), link.peerNetnsId().orElseThrow())
                            .orElseThrow()
                            .mac());
            far.links().setUp(peer.ifindex());
        }
        assertTrue(rtnetlink.links().find(link.ifindex()).orElseThrow().carrier());

        rtnetlink.links().delete(link.ifindex());
        assertTrue(rtnetlink.links().find("pl0").isEmpty());
        assertTrue(rtnetlink.links().find(link.ifindex()).isEmpty());
    }

    @Test
    void refusalCarriesOperationObjectErrnoAndTheKernelsWords() {
        rtnetlink.links().create(veth("pl0", "pl1"));

        var exists = assertThrows(KernelException.class, () -> rtnetlink.links().create(veth("pl0", "pl2")));
        assertEquals(Errno.EEXIST, exists.errno());
        assertEquals("create link: pl0 with pl2: EEXIST", exists.getMessage());

        var gateway = assertThrows(
                KernelException.class,
                () -> rtnetlink.routes().add(Route.to(cidr("10.9.0.0/16")).via(ip("192.0.2.1"))));
        assertEquals(Errno.ENETUNREACH, gateway.errno());
        assertEquals("Nexthop has invalid gateway", gateway.detail().orElseThrow());
        assertEquals("10.9.0.0/16 via 192.0.2.1", gateway.subject());
    }

    @Test
    void linkIsChangedRenamedAndMoved() {
        rtnetlink.links().create(veth("pl0", "pl1"));
        int ifindex = rtnetlink.links().find("pl0").orElseThrow().ifindex();

        rtnetlink.links().setMtu(ifindex, 9000);
        rtnetlink.links().setMac(ifindex, MacAddress.parse("02:00:00:00:00:02"));
        rtnetlink.links().rename(ifindex, "pl9");
        rtnetlink.links().setUp(ifindex);
        Link link = rtnetlink.links().find(ifindex).orElseThrow();
        assertEquals("pl9", link.name());
        assertEquals(9000, link.mtu());
        assertEquals("02:00:00:00:00:02", link.mac().toString());
        assertTrue(link.up());
        assertEquals(OptionalInt.empty(), link.peerNetnsId(), "the peer is in this namespace");

        rtnetlink.links().setDown(ifindex);
        assertFalse(rtnetlink.links().find(ifindex).orElseThrow().up());
        rtnetlink.links().move(ifindex, there);
        assertTrue(rtnetlink.links().find("pl9").isEmpty());
        try (Rtnetlink far = Rtnetlink.open(there)) {
            assertTrue(far.links().find("pl9").isPresent());
        }
    }

    @Test
    void addressesAreAddedListedAndDeleted() {
        int ifindex = pairUp();
        var v4 = new Address(ifindex, ip("10.1.0.1"), 24);
        var v6 = Address.single(ifindex, ip("fd00::1"));
        rtnetlink.addresses().add(v4);
        rtnetlink.addresses().add(v6);
        rtnetlink.addresses().replace(v4);
        assertTrue(rtnetlink.addresses().list(ifindex).containsAll(List.of(v4, v6)));
        assertEquals(
                Errno.EEXIST,
                assertThrows(KernelException.class, () -> rtnetlink.addresses().add(v4))
                        .errno());
        rtnetlink.addresses().delete(v4);
        rtnetlink.addresses().delete(v6);
        assertFalse(rtnetlink.addresses().list().contains(v4));
        assertFalse(rtnetlink.addresses().list().contains(v6));
    }

    @Test
    void routesAreAddedReplacedListedAndDeleted() {
        int ifindex = pairUp();
        rtnetlink.addresses().add(new Address(ifindex, ip("10.1.0.1"), 24));
        rtnetlink.addresses().add(new Address(ifindex, ip("fd00::1"), 64));
        Route link = Route.to(ip("10.1.7.7")).dev(ifindex).scope(Route.Scope.LINK);
        Route gateway =
                Route.to(cidr("10.2.0.0/16")).via(ip("10.1.0.9")).dev(ifindex).source(ip("10.1.0.1"));
        Route onlink =
                Route.toAll(ip("0.0.0.0")).via(ip("169.254.1.1")).dev(ifindex).reachableOnLink();
        Route v6 = Route.to(cidr("fd00:2::/64")).via(ip("fd00::9")).dev(ifindex).metric(7);
        Route elsewhere = Route.to(cidr("10.3.0.0/16"))
                .dev(ifindex)
                .scope(Route.Scope.LINK)
                .table(1234);
        Route blackhole = Route.to(cidr("10.4.0.0/16")).type(Route.Type.BLACKHOLE);
        for (Route route : List.of(link, gateway, onlink, v6, elsewhere, blackhole)) {
            rtnetlink.routes().add(route);
        }

        var main = rtnetlink.routes().list(Route.MAIN);
        for (Route route : List.of(link, gateway, onlink, v6, blackhole)) {
            assertTrue(main.contains(route), route + " is in " + main);
        }
        assertEquals(List.of(elsewhere), rtnetlink.routes().list(1234));
        assertEquals(List.of(), rtnetlink.routes().list(4321));

        Route moved = gateway.via(ip("10.1.0.10"));
        rtnetlink.routes().replace(moved);
        assertTrue(rtnetlink.routes().list(Route.MAIN).contains(moved));
        assertFalse(rtnetlink.routes().list(Route.MAIN).contains(gateway));

        rtnetlink.routes().delete(moved);
        assertEquals(
                "ESRCH",
                assertThrows(KernelException.class, () -> rtnetlink.routes().delete(moved))
                        .errno()
                        .name());
    }

    @Test
    void neighboursAreSetForGood() {
        int ifindex = pairUp();
        var mac = MacAddress.parse("02:00:00:00:00:03");
        rtnetlink.neighbours().setPermanent(ifindex, ip("169.254.1.1"), mac);
        rtnetlink.neighbours().setPermanent(ifindex, ip("fe80::1"), mac);
        var v4 = new Neighbour(ifindex, ip("169.254.1.1"), mac, true);
        var v6 = new Neighbour(ifindex, ip("fe80::1"), mac, true);
        assertTrue(rtnetlink.neighbours().list().containsAll(List.of(v4, v6)));
        rtnetlink.neighbours().delete(v4);
        assertFalse(rtnetlink.neighbours().list().contains(v4));
    }

    @Test
    void rootQdiscIsReplacedAndGivenBack() {
        int ifindex = pairUp();
        rtnetlink.qdiscs().replaceRoot(ifindex, "pfifo_fast");
        Qdisc root = root(ifindex);
        assertEquals("pfifo_fast", root.kind());
        rtnetlink.qdiscs().deleteRoot(ifindex);
        assertEquals("noqueue", root(ifindex).kind());
    }

    private Qdisc root(int ifindex) {
        return rtnetlink.qdiscs().list(ifindex).stream()
                .filter(qdisc -> qdisc.parent() == Qdisc.ROOT)
                .findFirst()
                .orElseThrow();
    }

    @Test
    void netkitPairSaysWhatItWasAskedFor() {
        assumeTrue(kernelHasNetkit(), "this kernel has no netkit");
        rtnetlink
                .links()
                .create(new LinkSpec.NetkitPair(
                        LinkSpec.Side.named("pl0").switchedOn(),
                        LinkSpec.Side.named("eth0").in(there),
                        Netkit.Mode.L3,
                        Netkit.Policy.FORWARD,
                        Netkit.Policy.BLACKHOLE,
                        Netkit.Scrub.NONE,
                        Netkit.Scrub.DEFAULT,
                        128,
                        64));
        Link link = rtnetlink.links().find("pl0").orElseThrow();
        assertEquals(
                new Netkit(
                        true,
                        Netkit.Mode.L3,
                        Netkit.Policy.FORWARD,
                        Netkit.Policy.BLACKHOLE,
                        Netkit.Scrub.NONE,
                        Netkit.Scrub.DEFAULT,
                        128,
                        64,
                        Netkit.Pairing.PAIR),
                link.netkit().orElseThrow());
        assertEquals(MacAddress.NONE, link.mac());
        assertTrue(link.up());
    }

    @Test
    void netkitDeviceIsMadeWithoutAPeer() {
        assumeTrue(kernelHasNetkit(), "this kernel has no netkit");
        try {
            rtnetlink.links().create(new LinkSpec.NetkitSingle(LinkSpec.Side.named("pl0"), Netkit.Mode.L2, 0, 0));
        } catch (KernelException e) {
            assumeTrue(false, "this kernel has no single-device netkit: " + e.getMessage());
        }
        Link link = rtnetlink.links().find("pl0").orElseThrow();
        Netkit netkit = link.netkit().orElseThrow();
        assumeTrue(netkit.pairing() == Netkit.Pairing.SINGLE, "this kernel has no single-device netkit");
        assertEquals(Netkit.Mode.L2, netkit.mode());
        assertEquals(0, link.peerIfindex());
    }

    @Test
    void ipvlanStandsOnItsLowerDevice() {
        int lower = pairUp();
        try {
            rtnetlink.links().create(new LinkSpec.Ipvlan(LinkSpec.Side.named("ipvl0"), lower, LinkSpec.Ipvlan.Mode.L3));
        } catch (KernelException e) {
            assumeTrue(!e.errno().equals(Errno.EOPNOTSUPP), "this kernel has no ipvlan");
            throw e;
        }
        Link link = rtnetlink.links().find("ipvl0").orElseThrow();
        assertEquals("ipvlan", link.kind());
        assertEquals(lower, link.peerIfindex());
    }

    @Test
    void cookieTellsNamespacesApart() {
        try (Rtnetlink far = Rtnetlink.open(there);
                Rtnetlink again = Rtnetlink.open(here)) {
            assertTrue(rtnetlink.netnsCookie() != far.netnsCookie());
            assertEquals(rtnetlink.netnsCookie(), again.netnsCookie());
        }
    }

    @Test
    void openingInANamespaceLeavesTheCallerWhereItWas() throws Exception {
        Path mine = Path.of("/proc/thread-self/ns/net");
        Path before = Files.readSymbolicLink(mine);
        here.call(() -> null);
        assertEquals(before, Files.readSymbolicLink(mine));
    }

    @Test
    void hundredsOfLinksAreListedInManyParts() {
        for (int i = 0; i < 150; i++) {
            rtnetlink.links().create(veth("a" + i, "b" + i));
        }
        assertEquals(301, rtnetlink.links().list().size());
    }

    private int pairUp() {
        rtnetlink.links().create(veth("pl0", "pl1"));
        int ifindex = rtnetlink.links().find("pl0").orElseThrow().ifindex();
        rtnetlink.links().setUp(ifindex);
        rtnetlink.links().setUp(rtnetlink.links().find("pl1").orElseThrow().ifindex());
        return ifindex;
    }

    /** Found out by trying. */
    private boolean kernelHasNetkit() {
        try {
            rtnetlink
                    .links()
                    .create(new LinkSpec.NetkitPair(
                            LinkSpec.Side.named("probe0"),
                            LinkSpec.Side.named("probe1"),
                            Netkit.Mode.L3,
                            Netkit.Policy.FORWARD,
                            Netkit.Policy.FORWARD));
            rtnetlink
                    .links()
                    .delete(rtnetlink.links().find("probe0").orElseThrow().ifindex());
            return true;
        } catch (KernelException e) {
            if (e.errno().equals(Errno.EOPNOTSUPP)) {
                return false;
            }
            throw e;
        }
    }

    private static LinkSpec veth(String name, String peer) {
        return new LinkSpec.Veth(LinkSpec.Side.named(name), LinkSpec.Side.named(peer));
    }

    private static InetAddress ip(String text) {
        try {
            return InetAddress.getByName(text);
        } catch (java.net.UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    private static Cidr cidr(String text) {
        return Cidr.parse(text);
    }
}
