// SPDX-License-Identifier: Apache-2.0
package io.podlane.tcx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.podlane.api.attach.AttachPoint;
import io.podlane.api.attach.AttachPoint.Tcx;
import io.podlane.api.attach.AttachPoint.Xdp;
import io.podlane.api.attach.Order;
import io.podlane.api.attach.Phase;
import io.podlane.api.bpf.Codec;
import io.podlane.api.bpf.Program;
import io.podlane.api.kernel.KernelException;
import io.podlane.linux.bpf.BpfLinks;
import io.podlane.linux.bpf.KernelLoader;
import io.podlane.linux.netlink.Rtnetlink;
import io.podlane.linux.netns.NetworkNamespace;
import io.podlane.linux.testing.KernelTest;
import io.podlane.linux.testing.Machine;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongUnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;

@Tag("kernel")
final class LeasesTest {
    private static final String OWNER = "io.podlane.test";

    private final Map<String, String> problems = new LinkedHashMap<>();
    private Path state;
    private KernelLoader loader;

    @BeforeEach
    void makeStateFolder() throws IOException {
        state = Files.createTempDirectory("podlane-state");
    }

    @AfterEach
    void removeStateFolder() throws IOException {
        if (loader != null) {
            loader.close();
        }
        try (var files = Files.walk(state)) {
            for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    /** As after a start of the agent: what is known comes from pins and journal. */
    private Leases start(Path bpffs) {
        long cookie;
        try (var rtnetlink = Rtnetlink.open()) {
            cookie = rtnetlink.netnsCookie();
        }
        if (loader != null) {
            loader.close();
        }
        loader = new KernelLoader(bpffs, OWNER);
        problems.clear();
        var records = new LeaseRecords(
                bpffs.resolve("links"),
                Machine.cgroupRoot(),
                cookie,
                state.resolve("leases.jsonl"),
                (subject, message) ->
                        message.ifPresentOrElse(text -> problems.put(subject, text), () -> problems.remove(subject)));
        var leases = new Leases(bpffs, cookie, records);
        leases.adopt(records.load());
        return leases;
    }

    private Program program(int slot) {
        return loader.load(Machine.object("testing/pinned").withConstant("slot", slot))
                .program("podlane_test_count");
    }

    private static AttachPoint veth() {
        Machine.run("ip link add left type veth peer name right");
        Machine.run("ip link set left up");
        Machine.run("ip link set right up");
        return left();
    }

    private static AttachPoint left() {
        return new Tcx(Machine.ifindex("left"), Tcx.Direction.EGRESS);
    }

    private static Declaration declare(Leases leases, String name, AttachPoint point, Phase phase, Program program) {
        return new Declaration(leases.pin(OWNER, point, name), point, Optional.of(phase), "left", program);
    }

    private static List<Integer> programs(AttachPoint point) {
        return BpfLinks.query(point).entries().stream()
                .map(BpfLinks.Entry::programId)
                .toList();
    }

    private static List<Integer> links(AttachPoint point) {
        return BpfLinks.query(point).entries().stream()
                .map(BpfLinks.Entry::linkId)
                .toList();
    }

    @KernelTest
    void programsRunInTheOrderOfTheirPhasesHoweverTheyCome(Path bpffs) {
        var leases = start(bpffs);
        var point = veth();
        Program foreign = program(9);
        BpfLinks.attach(foreign, point, new BpfLinks.Place.Last(), OptionalLong.empty(), bpffs.resolve("foreign"));
        var tail = program(1);
        var route = program(2);
        var balance = program(3);
        var capture = program(4);
        leases.ensure(declare(leases, "tail", point, Phase.TAIL, tail));
        leases.ensure(declare(leases, "route", point, Phase.ROUTE, route));
        leases.ensure(declare(leases, "balance", point, Phase.LOAD_BALANCE, balance));
        leases.ensure(declare(leases, "capture", point, Phase.CAPTURE, capture));

        assertEquals(List.of(foreign.id(), capture.id(), balance.id(), route.id(), tail.id()), programs(point));
    }

    @KernelTest
    void whatIsDeclaredTwiceChangesNothing(Path bpffs) {
        var leases = start(bpffs);
        var point = veth();
        var declared = declare(leases, "route", point, Phase.ROUTE, program(1));
        leases.ensure(declared);
        long revision = BpfLinks.query(point).revision();
        leases.ensure(declared);
        leases.doubt(lease -> true);
        leases.ensure(declared);
        assertEquals(revision, BpfLinks.query(point).revision());
    }

    @KernelTest
    void aRestartAdoptsEveryLinkAndTouchesNone(Path bpffs) {
        var leases = start(bpffs);
        var point = veth();
        leases.ensure(declare(leases, "route", point, Phase.ROUTE, program(1)));
        leases.ensure(declare(leases, "balance", point, Phase.LOAD_BALANCE, program(2)));
        leases.settle();
        var links = links(point);
        long revision = BpfLinks.query(point).revision();

        leases = start(bpffs);
        assertEquals(2, leases.all().size());
        leases.ensure(declare(leases, "balance", point, Phase.LOAD_BALANCE, program(2)));
        leases.ensure(declare(leases, "route", point, Phase.ROUTE, program(1)));
        assertEquals(links, links(point));
        assertEquals(revision, BpfLinks.query(point).revision());
        assertEquals(Map.of(), problems);
    }

    @KernelTest
    void anotherProgramIsPutInPlaceUnderTheSameLink(Path bpffs) throws IOException {
        var leases = start(bpffs);
        var point = veth();
        leases.ensure(declare(leases, "route", point, Phase.ROUTE, program(1)));
        leases.ensure(declare(leases, "balance", point, Phase.LOAD_BALANCE, program(2)));
        leases.settle();
        var links = links(point);

        leases = start(bpffs);
        var changed = program(3);
        leases.ensure(declare(leases, "balance", point, Phase.LOAD_BALANCE, changed));
        leases.settle();
        assertEquals(links, links(point));
        assertEquals(changed.id(), programs(point).get(0));
        try (var pins = Files.list(bpffs.resolve("programs/io+podlane+test"))) {
            assertEquals(2, pins.filter(pin -> pin.toString().contains("count")).count(), "the old one is unpinned");
        }
    }

    @KernelTest
    void withoutItsJournalTheAgentFindsEverythingAgainByItsPins(Path bpffs) throws IOException {
        var leases = start(bpffs);
        var point = veth();
        leases.ensure(declare(leases, "route", point, Phase.ROUTE, program(1)));
        leases.settle();
        var links = links(point);
        Files.writeString(state.resolve("leases.jsonl"), "no journal at all\n");

        leases = start(bpffs);
        assertTrue(problems.toString().contains("does not tell the order of 1 of 1"), problems.toString());
        leases.ensure(declare(leases, "route", point, Phase.ROUTE, program(1)));
        leases.settle();
        assertEquals(links, links(point));
        assertEquals(Map.of(), problems, "it is known again");
        leases = start(bpffs);
        assertEquals(Optional.of(Phase.ROUTE), leases.all().iterator().next().phase());
    }

    @KernelTest
    void anUnwritableJournalIsAProblemAndPacketsAreServedAllTheSame(Path bpffs) throws IOException {
        Files.createDirectories(state.resolve("leases.jsonl"));
        var leases = start(bpffs);
        var point = veth();
        leases.ensure(declare(leases, "route", point, Phase.ROUTE, program(1)));
        leases.settle();
        assertEquals(1, programs(point).size());
        assertTrue(problems.toString().contains("cannot be written"), problems.toString());

        Files.delete(state.resolve("leases.jsonl"));
        leases.ensure(declare(leases, "balance", point, Phase.LOAD_BALANCE, program(2)));
        leases.settle();
        assertEquals(Map.of(), problems);
        assertEquals(
                2, new Journal(state.resolve("leases.jsonl")).read().entries().size());
    }

    @KernelTest
    void aChangedPhaseMovesTheProgramWithoutAGap(Path bpffs) {
        var leases = start(bpffs);
        var point = veth();
        var a = program(1);
        var b = program(2);
        leases.ensure(declare(leases, "a", point, Phase.CLASSIFY, a));
        leases.ensure(declare(leases, "b", point, Phase.SHAPE, b));
        var before = links(point);
        var moved = leases.ensure(declare(leases, "a", point, Phase.POLICY, a));

        var after = links(point);
        assertEquals(2, after.size());
        assertEquals(before.get(1), after.get(0));
        assertEquals(moved.linkId(), after.get(1));
        assertNotEquals(before.get(0), after.get(1));
        assertEquals(a.identity(), moved.identity());
        // A phase that keeps the order is only noted.
        leases.ensure(declare(leases, "a", point, Phase.ROUTE, a));
        assertEquals(after, links(point));
        leases.settle();
        leases = start(bpffs);
        assertEquals(2, leases.all().size());
        assertEquals(Map.of(), problems);
    }

    @KernelTest
    void aMoveThatWasInterruptedIsFinishedAtTheNextStart(Path bpffs) {
        var leases = start(bpffs);
        var point = veth();
        var lease = leases.ensure(declare(leases, "a", point, Phase.CLASSIFY, program(1)));
        leases.settle();
        Path pin = leases.path(lease.pin());
        Path moving = pin.resolveSibling(pin.getFileName() + Leases.MOVING);
        BpfLinks.attach(program(5), point, new BpfLinks.Place.Last(), OptionalLong.empty(), moving);

        leases = start(bpffs);
        assertEquals(List.of(lease.linkId()), links(point), "the second copy had not taken over yet");
        BpfLinks.rename(pin, moving);
        leases = start(bpffs);
        assertEquals(1, leases.all().size());
        assertTrue(Files.exists(pin));
        assertEquals(List.of(lease.linkId()), links(point), "the old copy was gone already");
    }

    @KernelTest
    void aDeviceThatVanishesAndReturnsGetsItsProgramsAgain(Path bpffs) {
        var leases = start(bpffs);
        var point = veth();
        leases.ensure(declare(leases, "route", point, Phase.ROUTE, program(1)));
        Path pin = leases.path(leases.pin(OWNER, point, "route"));
        Machine.run("ip link del left");
        leases.removeGone(lease -> true);
        assertEquals(0, leases.all().size());
        assertFalse(Files.exists(pin.getParent()), "nor its folder");

        // A device with the very same index, and the pin still there.
        var again = veth();
        leases.ensure(declare(leases, "route", again, Phase.ROUTE, program(1)));
        int ifindex = ((Tcx) again).ifindex();
        Machine.run("ip link del left");
        Machine.run("ip link add left index " + ifindex + " type veth peer name right");
        leases.doubt(lease -> true);
        leases.ensure(declare(leases, "route", again, Phase.ROUTE, program(1)));
        assertEquals(1, programs(again).size());
    }

    @KernelTest
    void orphanedPinsAreGoneAfterAStart(Path bpffs) {
        var leases = start(bpffs);
        var point = veth();
        leases.ensure(declare(leases, "route", point, Phase.ROUTE, program(1)));
        leases.settle();
        Path pin = leases.path(leases.pin(OWNER, point, "route"));
        Machine.run("ip link del left");
        leases = start(bpffs);
        assertEquals(0, leases.all().size());
        assertFalse(Files.exists(pin));
    }

    @KernelTest
    void foreignFilesAmongThePinsAreNamedAndLeftAlone(Path bpffs) throws IOException {
        var leases = start(bpffs);
        var point = veth();
        var lease = leases.ensure(declare(leases, "route", point, Phase.ROUTE, program(1)));
        leases.settle();
        Path device = leases.path(lease.pin()).getParent();
        Files.createDirectories(device.resolve("tcx-ingress_folder"));
        Files.createDirectories(bpffs.resolve("links/someone/7_4/notours"));
        leases = start(bpffs);

        assertEquals(1, leases.all().size());
        assertTrue(problems.keySet().toString().contains("tcx-ingress_folder"), problems.toString());
        assertTrue(problems.keySet().toString().contains("notours"), problems.toString());
        assertTrue(Files.exists(device.resolve("tcx-ingress_folder")));

        // Also where a pin of ours is to be.
        var ingress = new Tcx(((Tcx) point).ifindex(), Tcx.Direction.INGRESS);
        var declared = declare(leases, "folder", ingress, Phase.ROUTE, program(1));
        var started = leases;
        var e = assertThrows(KernelException.class, () -> started.ensure(declared));
        assertTrue(e.getMessage().contains("tcx-ingress_folder"), e.getMessage());
    }

    @KernelTest
    void aLinkOfAnotherPointUnderOurNameIsNotAdopted(Path bpffs) {
        var leases = start(bpffs);
        var point = veth();
        var declared = declare(leases, "route", point, Phase.ROUTE, program(1));
        BpfLinks.attach(
                program(2),
                new Tcx(Machine.ifindex("right"), Tcx.Direction.EGRESS),
                new BpfLinks.Place.Last(),
                OptionalLong.empty(),
                leases.path(declared.pin()));
        var e = assertThrows(KernelException.class, () -> leases.ensure(declared));
        assertTrue(e.getMessage().contains("is not at left tcx/egress"), e.getMessage());
    }

    @KernelTest
    void anchorsNameAttachmentsLinksAndPrograms(Path bpffs) {
        var leases = start(bpffs);
        var point = veth();
        var one = leases.ensure(declare(leases, "one", point, Phase.ROUTE, program(1)));
        var orders = List.<Order>of(
                new Order.Before(new Order.Anchor.Named("one")),
                new Order.After(new Order.Anchor.LinkId(one.linkId())),
                new Order.After(new Order.Anchor.ProgramId(one.programId())),
                new Order.Head(),
                new Order.Tail());
        var ids = new ArrayList<Integer>();
        for (Order order : orders) {
            var declared = new Declaration(
                    leases.pin(OWNER, point, "x" + ids.size()),
                    point,
                    Optional.empty(),
                    "left",
                    program(ids.size() + 10));
            ids.add(leases.ensure(
                            declared,
                            listed -> Anchors.place(declared, order, listed, leases.byLink(point)),
                            OptionalLong.empty())
                    .linkId());
        }
        assertEquals(List.of(ids.get(3), ids.get(0), one.linkId(), ids.get(2), ids.get(1), ids.get(4)), links(point));
        var lost = new Declaration(leases.pin(OWNER, point, "y"), point, Optional.empty(), "left", program(30));
        var e = assertThrows(
                IllegalArgumentException.class,
                () -> Anchors.place(
                        lost,
                        new Order.Before(new Order.Anchor.Named("nobody")),
                        BpfLinks.query(point).entries(),
                        leases.byLink(point)));
        assertTrue(e.getMessage().contains("attachment nobody"), e.getMessage());
    }

    @KernelTest
    void xdpIsAttachedAdoptedAndReplacedLikeTheRest(Path bpffs) {
        var leases = start(bpffs);
        veth();
        var point = new Xdp(Machine.ifindex("left"), Xdp.Mode.NATIVE);
        var first = loader.load(Machine.object("testing/pinned")).program("podlane_test_xdp");
        var lease = leases.ensure(declare(leases, "xdp", point, Phase.LOAD_BALANCE, first));
        leases.settle();
        leases = start(bpffs);
        var second = loader.load(Machine.object("testing/pinned").withConstant("slot", 2))
                .program("podlane_test_xdp");
        assertEquals(
                lease.linkId(),
                leases.ensure(declare(leases, "xdp", point, Phase.LOAD_BALANCE, second))
                        .linkId());
        assertEquals(List.of(second.id()), programs(point));
        leases.detach(lease.pin());
        assertEquals(List.of(), programs(point));
    }

    @KernelTest
    void theTailPassesWhatANetkitChainHandsOnAndNoProgramMeansDrop(Path bpffs) throws Exception {
        var leases = start(bpffs);
        try (var pod = NetworkNamespace.create()) {
            Machine.netkit("left", "right", pod);
            int left = Machine.ifindex("left");
            String inPod = "nsenter --net=" + pod.path() + " ip ";
            Machine.run("ip addr add 10.9.0.1/32 dev left");
            Machine.run("ip link set left up");
            Machine.run("ip route add 10.9.0.2/32 dev left");
            Machine.run(inPod + "addr add 10.9.0.2/32 dev right");
            Machine.run(inPod + "link set right up");
            Machine.run(inPod + "route add 10.9.0.1/32 dev right");
            var point = new AttachPoint.Netkit(left, AttachPoint.Netkit.Side.PEER);
            try (var receiver = new DatagramSocket(7, InetAddress.getByName("10.9.0.1"))) {
                receiver.setSoTimeout(300);
                var sender = pod.call(LeasesTest::podSocket);
                assertFalse(arrives(sender, receiver), "no program: netkit's own policy drops");

                var next = declare(leases, "next", point, Phase.CLASSIFY, program(1));
                var tail = new Declaration(
                        leases.pin(OWNER, point, "tail"),
                        point,
                        Optional.of(Phase.TAIL),
                        "left",
                        loader.load(Machine.object("tcx/tail")).program("podlane_tcx_tail"));
                leases.ensure(tail);
                leases.ensure(next);
                assertTrue(arrives(sender, receiver), "the tail hands it to the host's stack");
                var links = links(point);
                leases.ensure(declare(leases, "next", point, Phase.CLASSIFY, program(2)));
                assertEquals(links, links(point));
                assertTrue(arrives(sender, receiver));
                sender.close();
            }
        }
    }

    private static DatagramSocket podSocket() {
        try {
            return new DatagramSocket();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static boolean arrives(DatagramSocket sender, DatagramSocket receiver) throws IOException {
        sender.send(new DatagramPacket(new byte[1], 1, InetAddress.getByName("10.9.0.1"), 7));
        try {
            receiver.receive(new DatagramPacket(new byte[1], 1));
            return true;
        } catch (java.net.SocketTimeoutException e) {
            return false;
        }
    }

    @KernelTest
    void everyPacketIsSeenOnceWhileProgramsAreReplacedUnderIt(Path bpffs) throws Exception {
        var leases = start(bpffs);
        var point = veth();
        // Nothing but what the test sends: neither neighbour discovery nor ARP.
        Machine.run("sysctl -q -w net.ipv6.conf.left.disable_ipv6=1");
        Machine.run("ip addr add 10.9.0.1/24 dev left");
        Machine.run("ip neigh add 10.9.0.2 lladdr 02:00:00:00:00:02 dev left");
        var drop = List.of(1, 2);
        var programs = new ArrayList<Program>();
        for (int slot : drop) {
            programs.add(loader.load(Machine.object("testing/pinned")
                            .withConstant("slot", slot)
                            .withConstant("verdict", 2))
                    .program("podlane_test_count"));
        }
        leases.ensure(declare(leases, "count", point, Phase.CLASSIFY, programs.get(0)));
        var seen = loader.load(Machine.object("testing/pinned")).map("seen_v1", Codec.U32, Codec.U64);
        seen.put(1, 0L);
        seen.put(2, 0L);

        var stop = new AtomicBoolean();
        var sent = new AtomicLong();
        var sender = new Thread(() -> {
            try (var socket = new DatagramSocket()) {
                var packet = new DatagramPacket(new byte[64], 64, InetAddress.getByName("10.9.0.2"), 9);
                while (!stop.get()) {
                    try {
                        socket.send(packet);
                    } catch (IOException refusedByTheProgram) {
                        // tcx egress answers DROP with an error to a local sender.
                    }
                    sent.incrementAndGet();
                }
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });
        sender.start();
        // On a busy machine the sender may get its turn late, so both programs must have seen some packets.
        LongUnaryOperator packets = slot -> seen.get((int) slot).orElseThrow();
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        try {
            for (int i = 0; i < 200 || Math.min(packets.applyAsLong(1), packets.applyAsLong(2)) < 50; i++) {
                leases.ensure(declare(leases, "count", point, Phase.CLASSIFY, programs.get(i % 2)));
                assertTrue(System.nanoTime() < deadline, "one of the programs sees no packets");
            }
        } finally {
            stop.set(true);
            sender.join();
        }
        assertEquals(sent.get(), packets.applyAsLong(1) + packets.applyAsLong(2));
    }
}
