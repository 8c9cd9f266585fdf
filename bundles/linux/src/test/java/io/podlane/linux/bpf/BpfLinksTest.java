// SPDX-License-Identifier: Apache-2.0
package io.podlane.linux.bpf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.podlane.api.attach.AttachPoint;
import io.podlane.api.attach.AttachPoint.Cgroup;
import io.podlane.api.attach.AttachPoint.Netkit;
import io.podlane.api.attach.AttachPoint.Tcx;
import io.podlane.api.attach.AttachPoint.Xdp;
import io.podlane.api.bpf.Codec;
import io.podlane.api.bpf.Program;
import io.podlane.api.kernel.Errno;
import io.podlane.api.kernel.KernelException;
import io.podlane.linux.bpf.BpfLinks.Entry;
import io.podlane.linux.bpf.BpfLinks.Place;
import io.podlane.linux.netns.NetworkNamespace;
import io.podlane.linux.testing.KernelTest;
import io.podlane.linux.testing.Machine;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;

final class BpfLinksTest {
    private static final OptionalLong ANY = OptionalLong.empty();

    private static Program program(KernelLoader loader, int slot) {
        return loader.load(Machine.object("testing/pinned").withConstant("slot", slot))
                .program("podlane_test_count");
    }

    private static AttachPoint veth() {
        Machine.run("ip link add left type veth peer name right");
        return new Tcx(Machine.ifindex("left"), Tcx.Direction.EGRESS);
    }

    private static List<Integer> programs(AttachPoint point) {
        return BpfLinks.query(point).entries().stream().map(Entry::programId).toList();
    }

    @KernelTest
    void everyAnchorPutsTheProgramWhereItSays(Path bpffs) {
        try (var loader = new KernelLoader(bpffs, "test")) {
            var point = veth();
            Program[] p = new Program[7];
            for (int i = 1; i < p.length; i++) {
                p[i] = program(loader, i);
            }
            var first = BpfLinks.attach(p[1], point, new Place.Last(), ANY, bpffs.resolve("links/1"));
            BpfLinks.attach(p[2], point, new Place.Last(), ANY, bpffs.resolve("links/2"));
            BpfLinks.attach(p[3], point, new Place.First(), ANY, bpffs.resolve("links/3"));
            BpfLinks.attach(p[4], point, new Place.BeforeLink(first.id()), ANY, bpffs.resolve("links/4"));
            BpfLinks.attach(p[5], point, new Place.AfterProgram(p[1].id()), ANY, bpffs.resolve("links/5"));
            BpfLinks.attach(p[6], point, new Place.AfterLink(first.id()), ANY, bpffs.resolve("links/6"));

            assertEquals(List.of(p[3].id(), p[4].id(), p[1].id(), p[6].id(), p[5].id(), p[2].id()), programs(point));
        }
    }

    @KernelTest
    void anAttachmentOutlivesItsLoaderAndIsFoundByItsPin(Path bpffs) {
        var point = veth();
        Path pin = bpffs.resolve("links/one");
        LinkInfo made;
        try (var loader = new KernelLoader(bpffs, "test")) {
            made = BpfLinks.attach(program(loader, 1), point, new Place.Last(), ANY, pin);
        }
        assertEquals(made, BpfLinks.pinned(pin).orElseThrow());
        assertTrue(BpfLinks.isAt(made, point));
        assertFalse(BpfLinks.isAt(made, new Tcx(Machine.ifindex("right"), Tcx.Direction.EGRESS)));
        assertFalse(BpfLinks.isAt(made, new Tcx(Machine.ifindex("left"), Tcx.Direction.INGRESS)));

        BpfLinks.detach(pin);
        assertEquals(List.of(), programs(point));
        assertTrue(BpfLinks.pinned(pin).isEmpty());
    }

    @KernelTest
    void aListThatChangedMeanwhileIsStale(Path bpffs) {
        try (var loader = new KernelLoader(bpffs, "test")) {
            var point = veth();
            long revision = BpfLinks.query(point).revision();
            BpfLinks.attach(
                    program(loader, 1), point, new Place.Last(), OptionalLong.of(revision), bpffs.resolve("links/1"));
            assertTrue(BpfLinks.query(point).revision() > revision);

            var e = assertThrows(
                    KernelException.class,
                    () -> BpfLinks.attach(
                            program(loader, 2),
                            point,
                            new Place.Last(),
                            OptionalLong.of(revision),
                            bpffs.resolve("links/2")));
            assertEquals(Errno.ESTALE, e.errno());
            assertFalse(Files.exists(bpffs.resolve("links/2")));
        }
    }

    @KernelTest
    void replacingKeepsLinkAndPlace(Path bpffs) {
        try (var loader = new KernelLoader(bpffs, "test")) {
            var point = veth();
            Path pin = bpffs.resolve("links/1");
            var before = BpfLinks.attach(program(loader, 1), point, new Place.Last(), ANY, pin);
            var last = program(loader, 2);
            BpfLinks.attach(last, point, new Place.Last(), ANY, bpffs.resolve("links/2"));
            var other = program(loader, 3);
            BpfLinks.update(pin, other);

            assertEquals(before.id(), BpfLinks.pinned(pin).orElseThrow().id());
            assertEquals(List.of(other.id(), last.id()), programs(point));
        }
    }

    @KernelTest
    void oneProgramTwiceNeedsACopy(Path bpffs) {
        try (var loader = new KernelLoader(bpffs, "test")) {
            var point = veth();
            var program = program(loader, 1);
            BpfLinks.attach(program, point, new Place.Last(), ANY, bpffs.resolve("links/1"));
            var e = assertThrows(
                    KernelException.class,
                    () -> BpfLinks.attach(program, point, new Place.Last(), ANY, bpffs.resolve("links/2")));
            assertEquals(Errno.EEXIST, e.errno());

            var copy = BpfLinks.copyOf(program);
            assertEquals(program.identity(), copy.identity());
            BpfLinks.attach(copy, point, new Place.First(), ANY, bpffs.resolve("links/2"));
            assertEquals(List.of(copy.id(), program.id()), programs(point));
        }
    }

    @KernelTest
    void aLinkWhoseDeviceIsGoneSaysSoAndItsPinCanBeRemoved(Path bpffs) {
        try (var loader = new KernelLoader(bpffs, "test")) {
            var point = veth();
            Path pin = bpffs.resolve("links/1");
            BpfLinks.attach(program(loader, 1), point, new Place.Last(), ANY, pin);
            Machine.run("ip link del left");

            var link = BpfLinks.pinned(pin).orElseThrow();
            assertTrue(link.gone());
            assertFalse(BpfLinks.isAt(link, point));
            BpfLinks.detach(pin);
            assertFalse(Files.exists(pin));
            var e = assertThrows(KernelException.class, () -> BpfLinks.query(point));
            assertEquals(Errno.ENODEV, e.errno());
        }
    }

    @KernelTest
    void xdpHoldsOneProgramInEitherMode(Path bpffs) {
        try (var loader = new KernelLoader(bpffs, "test")) {
            veth();
            int left = Machine.ifindex("left");
            var xdp = loader.load(Machine.object("testing/pinned")).program("podlane_test_xdp");
            for (var mode : Xdp.Mode.values()) {
                var point = new Xdp(left, mode);
                Path pin = bpffs.resolve("links/xdp");
                var link = BpfLinks.attach(xdp, point, new Place.Last(), ANY, pin);
                assertTrue(BpfLinks.isAt(link, point));
                assertEquals(List.of(xdp.id()), programs(point));
                var other = loader.load(Machine.object("testing/pinned").withConstant("slot", 9))
                        .program("podlane_test_xdp");
                var e = assertThrows(
                        KernelException.class,
                        () -> BpfLinks.attach(other, point, new Place.Last(), ANY, bpffs.resolve("links/xdp2")));
                assertEquals(Errno.EBUSY, e.errno());
                BpfLinks.update(pin, other);
                assertEquals(List.of(other.id()), programs(point));
                BpfLinks.detach(pin);
                assertEquals(List.of(), programs(point));
            }
        }
    }

    @KernelTest
    void aCgroupsProgramSeesItsProcessesConnect(Path bpffs) throws IOException, InterruptedException {
        Path root = Machine.cgroupRoot();
        Path folder = Files.createTempDirectory(root, "podlane-test");
        try (var loader = new KernelLoader(bpffs, "test")) {
            var point = new Cgroup(folder, Cgroup.Type.CONNECT4);
            var object = loader.load(Machine.object("testing/pinned"));
            Path pin = bpffs.resolve("links/cgroup");
            var link = BpfLinks.attach(object.program("podlane_test_connect"), point, new Place.Last(), ANY, pin);
            assertTrue(BpfLinks.isAt(link, point));
            assertEquals(List.of(object.program("podlane_test_connect").id()), programs(point));

            Machine.run("ip link set lo up");
            try (var socket = new Socket()) {
                assertThrows(IOException.class, () -> socket.connect(new InetSocketAddress("127.0.0.1", 1), 1000));
            }
            assertTrue(
                    object.map("seen_v1", Codec.U32, Codec.U64).get(0).isEmpty(), "this process is not in the cgroup");
            var connecting = new ProcessBuilder(
                            "bash", "-c", "echo $$ > " + folder + "/cgroup.procs; exec 3<>/dev/tcp/127.0.0.1/1")
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            assertTrue(connecting.waitFor(5, TimeUnit.SECONDS));
            assertEquals(1, object.map("seen_v1", Codec.U32, Codec.U64).get(0).orElseThrow());
            BpfLinks.detach(pin);
            assertEquals(List.of(), programs(point));
        } finally {
            Files.delete(folder);
        }
    }

    @KernelTest
    void netkitHoldsProgramsOnBothSides(Path bpffs) {
        // The peer in another namespace, where it has another index.
        try (var loader = new KernelLoader(bpffs, "test");
                var pod = NetworkNamespace.create()) {
            Machine.netkit("left", "right", pod);
            int left = Machine.ifindex("left");
            var peer = new Netkit(left, Netkit.Side.PEER);
            var primary = new Netkit(left, Netkit.Side.PRIMARY);
            var one = program(loader, 1);
            var two = program(loader, 2);
            var three = program(loader, 3);
            var link = BpfLinks.attach(one, peer, new Place.Last(), ANY, bpffs.resolve("links/1"));
            BpfLinks.attach(two, peer, new Place.BeforeLink(link.id()), ANY, bpffs.resolve("links/2"));
            BpfLinks.attach(three, primary, new Place.Last(), ANY, bpffs.resolve("links/3"));

            assertEquals(List.of(two.id(), one.id()), programs(peer));
            assertEquals(List.of(three.id()), programs(primary));
            assertTrue(BpfLinks.isAt(link, peer));
            assertFalse(BpfLinks.isAt(link, primary));
            BpfLinks.update(bpffs.resolve("links/1"), program(loader, 4));
            assertEquals(link.id(), BpfLinks.query(peer).entries().get(1).linkId());
            Machine.run("ip link del left");
            assertTrue(BpfLinks.pinned(bpffs.resolve("links/1")).orElseThrow().gone());
        }
    }
}
