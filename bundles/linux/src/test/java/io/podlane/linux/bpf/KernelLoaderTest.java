// SPDX-License-Identifier: Apache-2.0
package io.podlane.linux.bpf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.podlane.api.bpf.BpfSource;
import io.podlane.api.bpf.Codec;
import io.podlane.api.kernel.KernelException;
import io.podlane.api.kernel.VerifierException;
import io.podlane.linux.testing.KernelTest;
import io.podlane.linux.testing.Machine;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

final class KernelLoaderTest {
    private static final byte[] PACKET = new byte[64];
    private static final String OWNER = "io.podlane.test";

    private record Pair(int first, short second, short third, long fourth) {}

    private static final Codec<Pair> PAIR = new Codec<>() {
        @Override
        public int size() {
            return 16;
        }

        @Override
        public void write(Pair p, ByteBuffer to) {
            to.putInt(p.first).putShort(p.second).putShort(p.third).putLong(p.fourth);
        }

        @Override
        public Pair read(ByteBuffer from) {
            return new Pair(from.getInt(), from.getShort(), from.getShort(), from.getLong());
        }
    };

    private static BpfSource maps() {
        return Machine.object("testing/maps");
    }

    @KernelTest
    void constantsReachTheProgram(Path bpffs) {
        try (var loader = new KernelLoader(bpffs, OWNER)) {
            var plain = loader.load(maps()).program("podlane_test_all");
            var changed = loader.load(maps().withConstant("verdict", 3)).program("podlane_test_all");
            var wide = loader.load(maps().withConstant("wide", 5L << 32)).program("podlane_test_all");

            assertEquals(7, plain.test(PACKET).verdict());
            assertEquals(3, changed.test(PACKET).verdict());
            assertEquals(5, wide.test(PACKET).verdict());
            assertArrayEquals(PACKET, plain.test(PACKET).packet());
            assertNotEquals(plain.identity(), changed.identity());
        }
    }

    @KernelTest
    void aConstantThatIsNotThereOrHasAnotherSizeIsRefusedByName(Path bpffs) {
        try (var loader = new KernelLoader(bpffs, OWNER)) {
            var missing =
                    assertThrows(IllegalArgumentException.class, () -> loader.load(maps().withConstant("nothing", 1)));
            assertTrue(missing.getMessage().contains("nothing"), missing.getMessage());
            var size =
                    assertThrows(IllegalArgumentException.class, () -> loader.load(maps().withConstant("verdict", 1L)));
            assertTrue(size.getMessage().contains("4 B, not 8"), size.getMessage());
        }
    }

    @KernelTest
    void aProgramThatIsPinnedIsAdoptedWithoutTheVerifier(Path bpffs) {
        int programId;
        int mapId;
        try (var first = new KernelLoader(bpffs, OWNER)) {
            var object = first.load(maps());
            programId = object.program("podlane_test_all").id();
            mapId = object.map("pairs", Codec.U32, PAIR).id();
        }
        try (var second = new KernelLoader(bpffs, OWNER)) {
            var object = second.load(maps());
            assertEquals(programId, object.program("podlane_test_all").id());
            // A map that is not pinned itself is found through the program that uses it.
            assertEquals(mapId, object.map("pairs", Codec.U32, PAIR).id());
        }
    }

    @KernelTest
    void anotherBundleGetsAProgramOfItsOwnButTheSamePinnedMap(Path bpffs) {
        try (var one = new KernelLoader(bpffs, "one");
                var two = new KernelLoader(bpffs, "two")) {
            var a = one.load(Machine.object("testing/pinned"));
            var b = two.load(Machine.object("testing/pinned"));

            assertNotEquals(
                    a.program("podlane_test_count").id(),
                    b.program("podlane_test_count").id());
            assertEquals(
                    a.map("seen_v1", Codec.U32, Codec.U64).id(),
                    b.map("seen_v1", Codec.U32, Codec.U64).id());
            assertEquals(
                    a.program("podlane_test_count").identity(),
                    b.program("podlane_test_count").identity());
        }
    }

    @KernelTest
    void aMapWhosePinWasRemovedByHandStaysTheOneThatAllBundlesShare(Path bpffs) throws IOException {
        try (var one = new KernelLoader(bpffs, "one");
                var two = new KernelLoader(bpffs, "two")) {
            var a = one.load(Machine.object("testing/pinned"));
            Files.delete(bpffs.resolve("maps/seen_v1"));
            var b = two.load(Machine.object("testing/pinned"));
            assertEquals(
                    a.map("seen_v1", Codec.U32, Codec.U64).id(),
                    b.map("seen_v1", Codec.U32, Codec.U64).id());
            assertTrue(Files.exists(bpffs.resolve("maps/seen_v1")));
        }
    }

    @KernelTest
    void aRejectedProgramCarriesTheVerifiersLogAndLeavesNothing(Path bpffs) throws IOException {
        try (var loader = new KernelLoader(bpffs, OWNER)) {
            var e = assertThrows(VerifierException.class, () -> loader.load(Machine.object("testing/rejected")));

            assertTrue(e.log().contains("invalid"), e.log());
            assertTrue(e.getMessage().contains("podlane_test_rejected"), e.getMessage());
            assertEquals(List.of(), list(bpffs.resolve("maps")));
        }
    }

    private static List<Path> list(Path folder) throws IOException {
        try (var files = Files.list(folder)) {
            return files.toList();
        }
    }

    @KernelTest
    void garbageIsRefusedAsNoBpfObject(Path bpffs) {
        try (var loader = new KernelLoader(bpffs, OWNER)) {
            var source = new BpfSource("garbage.bpf.o", new byte[400], Map.of(), Map.of());
            var e = assertThrows(IllegalArgumentException.class, () -> loader.load(source));
            assertTrue(e.getMessage().contains("garbage.bpf.o"), e.getMessage());
        }
    }

    @KernelTest
    void aPinnedMapOfAnotherLayoutIsRefusedWithBothLayouts(Path bpffs) {
        try (var loader = new KernelLoader(bpffs, OWNER)) {
            int id = loader.load(Machine.object("testing/pinned"))
                    .map("seen_v1", Codec.U32, Codec.U64)
                    .id();
            var e = assertThrows(
                    KernelException.class,
                    () -> loader.load(Machine.object("testing/pinned").withMapSize("seen_v1", 128)));

            assertTrue(e.getMessage().contains("seen_v1"), e.getMessage());
            assertTrue(e.getMessage().contains("hash of 64") && e.getMessage().contains("hash of 128"), e.getMessage());
            assertEquals(
                    id,
                    loader.load(Machine.object("testing/pinned"))
                            .map("seen_v1", Codec.U32, Codec.U64)
                            .id());
        }
    }

    @KernelTest
    void aForeignFileInAPinsPlaceIsNamedAndLeftAlone(Path bpffs) throws IOException {
        Files.createDirectories(bpffs.resolve("maps/seen_v1"));
        try (var loader = new KernelLoader(bpffs, OWNER)) {
            var e = assertThrows(KernelException.class, () -> loader.load(Machine.object("testing/pinned")));

            assertTrue(e.getMessage().contains(bpffs + "/maps/seen_v1"), e.getMessage());
            assertTrue(Files.isDirectory(bpffs.resolve("maps/seen_v1")));
        }
    }

    @KernelTest
    void aFolderThatIsOnNoBpfFileSystemIsRefusedWithAdvice(Path bpffs) throws IOException {
        Path elsewhere = Files.createTempDirectory("podlane-no-bpffs");
        try (var loader = new KernelLoader(elsewhere, OWNER)) {
            var e = assertThrows(KernelException.class, () -> loader.load(maps()));
            assertTrue(e.getMessage().contains("mount -t bpf"), e.getMessage());
        } finally {
            Files.deleteIfExists(elsewhere.resolve("maps"));
            Files.deleteIfExists(elsewhere);
        }
    }

    @KernelTest
    void pinsOfEarlierVersionsAreSweptOnceNothingUsesThem(Path bpffs) throws IOException {
        try (var loader = new KernelLoader(bpffs, OWNER)) {
            var old = loader.load(maps());
            var current = loader.load(maps().withConstant("verdict", 3));
            Path folder = bpffs.resolve("programs/io+podlane+test");
            assertEquals(2, list(folder).size());

            var pins = new ProgramPins(bpffs, OWNER);
            int oldId = old.program("podlane_test_all").id();
            pins.sweep(Set.of());
            assertEquals(2, list(folder).size(), "an open object keeps its pins");
            old.close();
            pins.sweep(Set.of(oldId));
            assertEquals(2, list(folder).size(), "a link keeps a pin");
            pins.sweep(Set.of());
            assertEquals(1, list(folder).size());
            assertEquals(
                    current.program("podlane_test_all").id(),
                    loader.load(maps().withConstant("verdict", 3))
                            .program("podlane_test_all")
                            .id());
        }
    }

    @KernelTest
    void purgingRemovesEveryPinOfOursAndNamesWhatIsNot(Path bpffs) throws IOException {
        Path ours = bpffs.resolve("podlane");
        try (var loader = new KernelLoader(ours, OWNER)) {
            loader.load(Machine.object("testing/pinned"));
        }
        Files.createDirectories(ours.resolve("maps/foreign"));
        var e = assertThrows(IOException.class, () -> new PinPurge(ours).purge());
        assertTrue(e.getMessage().contains("maps/foreign"), e.getMessage());
        assertEquals(List.of(ours.resolve("maps")), list(ours));
        assertEquals(List.of(ours.resolve("maps/foreign")), list(ours.resolve("maps")));

        Files.delete(ours.resolve("maps/foreign"));
        new PinPurge(ours).purge();
        new PinPurge(ours).purge();
        assertFalse(Files.exists(ours));
    }

    @KernelTest
    void hashMapsTakeReadAndDeleteInBatches(Path bpffs) {
        try (var loader = new KernelLoader(bpffs, OWNER)) {
            var pairs = loader.load(maps()).map("pairs", Codec.U32, PAIR);
            Map<Integer, Pair> entries = IntStream.range(0, 3000)
                    .boxed()
                    .collect(Collectors.toMap(i -> i, i -> new Pair(i, (short) 1, (short) 2, -i)));
            pairs.putAll(entries);

            var seen = new HashMap<Integer, Pair>();
            pairs.forEach(seen::put);
            assertEquals(entries, seen);
            assertEquals(new Pair(17, (short) 1, (short) 2, -17), pairs.get(17).orElseThrow());
            assertFalse(pairs.putIfAbsent(17, new Pair(0, (short) 0, (short) 0, 0)));
            assertEquals(17, pairs.get(17).orElseThrow().first());

            // Every third key is not there: they are passed over.
            pairs.removeAll(IntStream.range(2000, 4500)
                    .filter(i -> i % 3 != 0 || i < 3000)
                    .boxed()
                    .toList());
            pairs.removeAll(IntStream.range(0, 1000).boxed().toList());
            seen.clear();
            pairs.forEach(seen::put);
            assertEquals(1000, seen.size());
            assertTrue(pairs.remove(1500));
            assertFalse(pairs.remove(1500));
        }
    }

    @KernelTest
    void aFullHashMapSaysHowMuchItHolds(Path bpffs) {
        try (var loader = new KernelLoader(bpffs, OWNER)) {
            var pairs = loader.load(maps().withMapSize("pairs", 10)).map("pairs", Codec.U32, PAIR);
            var many = IntStream.range(0, 64)
                    .boxed()
                    .collect(Collectors.toMap(i -> i, i -> new Pair(i, (short) 0, (short) 0, 0)));
            var e = assertThrows(KernelException.class, () -> pairs.putAll(many));
            assertTrue(e.getMessage().contains("E2BIG") && e.getMessage().contains("10 entries"), e.getMessage());
        }
    }

    @KernelTest
    void everyKindOfMapCanBeWrittenReadAndWalked(Path bpffs) {
        try (var loader = new KernelLoader(bpffs, OWNER)) {
            var object = loader.load(maps());
            var recent = object.map("recent", Codec.U32, Codec.U64);
            var routes = object.map("routes", Codec.U64, Codec.U32);
            var records = object.map("records", Codec.U32, PAIR);
            recent.putAll(Map.of(1, 10L, 2, 20L));
            routes.putAll(Map.of(0x0000_000a_0000_0008L, 1, 0x0001_010a_0000_0018L, 2));
            records.put(999, new Pair(1, (short) 2, (short) 3, 4));

            assertEquals(20L, recent.get(2).orElseThrow());
            assertEquals(2, routes.get(0x0901_010a_0000_0020L).orElseThrow(), "the longest prefix wins");
            assertEquals(1, routes.get(0x0901_020a_0000_0020L).orElseThrow());
            var prefixes = new HashMap<Long, Integer>();
            routes.forEach(prefixes::put);
            assertEquals(Map.of(0x0000_000a_0000_0008L, 1, 0x0001_010a_0000_0018L, 2), prefixes);
            var indexes = new ArrayList<Integer>();
            records.forEach((i, pair) -> indexes.add(i));
            assertEquals(1000, indexes.size());
            routes.removeAll(List.of(0x0000_000a_0000_0008L));
            assertTrue(routes.get(0x0901_020a_0000_0020L).isEmpty());
            assertThrows(IllegalArgumentException.class, () -> object.map("recent", Codec.U64, Codec.U64));
        }
    }

    @KernelTest
    void perCpuMapsHaveAValueForEachCpu(Path bpffs) {
        try (var loader = new KernelLoader(bpffs, OWNER)) {
            var object = loader.load(maps());
            var counters = object.map("counters", Codec.U32, Codec.U64);
            counters.put(0, 0L);
            for (int i = 0; i < 5; i++) {
                object.program("podlane_test_all").test(PACKET);
            }
            var values = counters.getPerCpu(0);
            assertEquals(Cpus.possible(), values.size());
            assertEquals(5, values.stream().mapToLong(v -> v).sum());
            assertThrows(IllegalStateException.class, () -> counters.get(0));
        }
    }

    @KernelTest
    void wordsInMappedMemoryAreSeenByTheProgram(Path bpffs) {
        try (var loader = new KernelLoader(bpffs, OWNER)) {
            var object = loader.load(maps());
            var records = object.mappedArray("records");
            records.write(0, 0, ByteBuffer.wrap(new byte[] {1, 2, 3, 4}));
            records.publishWord(0, 8, 4711);
            object.program("podlane_test_all").test(PACKET);

            assertEquals(4711, object.map("recent", Codec.U32, Codec.U64).get(0).orElseThrow());
            assertEquals(4711, records.getWord(0, 8));
            var element = ByteBuffer.allocate(16);
            records.read(0, element);
            assertEquals(2, element.get(1));
            assertEquals(1000, records.length());
            records.gracePeriod();
            assertThrows(IndexOutOfBoundsException.class, () -> records.publishWord(1000, 0, 1));
            assertThrows(IndexOutOfBoundsException.class, () -> records.publishWord(999, 16, 1));
            assertThrows(IllegalArgumentException.class, () -> records.publishWord(0, 4, 1));
            assertThrows(IllegalArgumentException.class, () -> object.mappedArray("pairs"));
            object.close();
            assertThrows(IllegalStateException.class, () -> records.getWord(0, 0));
            assertThrows(IllegalStateException.class, records::gracePeriod);
        }
    }

    @KernelTest
    void ringBufferRecordsArriveInOrderAcrossItsEnd(Path bpffs) {
        try (var loader = new KernelLoader(bpffs, OWNER)) {
            var object = loader.load(maps());
            var ring = object.ringBuffer("lengths");
            var lengths = new ArrayList<Integer>();
            for (int round = 0; round < 10; round++) {
                for (int i = 0; i < 100; i++) {
                    object.program("podlane_test_all").test(new byte[64 + i]);
                }
                assertEquals(100, ring.poll(Duration.ofSeconds(1), sample -> lengths.add(sample.getInt())));
            }
            assertEquals(1000, lengths.size());
            assertEquals(64, lengths.get(0));
            assertEquals(163, lengths.get(999));
            assertEquals(0, ring.poll(Duration.ZERO, sample -> {}));
            object.close();
            assertThrows(IllegalStateException.class, () -> ring.poll(Duration.ZERO, sample -> {}));
        }
    }

    @KernelTest
    void btfTellsHowAStructureIsLaidOut(Path bpffs) {
        var pair = Btf.of(maps().elf()).struct("pair").orElseThrow();
        assertEquals(
                new Btf.Layout(
                        "pair",
                        16,
                        List.of(
                                new Btf.Field("first", 0, 4),
                                new Btf.Field("second", 4, 2),
                                new Btf.Field("third", 6, 2),
                                new Btf.Field("fourth", 8, 8))),
                pair);
    }
}
