// SPDX-License-Identifier: Apache-2.0
package io.podlane.tcx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.podlane.api.attach.Phase;
import io.podlane.tcx.Journal.Entry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class JournalTest {
    private static final Entry ROUTE = new Entry(
            "io+podlane+hostrouting/1_4/tcx-ingress_route",
            Optional.of(Phase.ROUTE),
            "eth0.100",
            "podlane_route",
            "ab12",
            17,
            Optional.empty());
    private static final Entry CONNECT = new Entry(
            "x/1_cg42/cgroup-connect4_lb",
            Optional.empty(),
            "",
            "connect \"four\"",
            "cd34",
            18,
            Optional.of(Path.of("/sys/fs/cgroup/a b")));

    @TempDir
    private Path folder;

    private Path file() {
        return folder.resolve("state/leases.jsonl");
    }

    private Journal journal() {
        return new Journal(file());
    }

    @Test
    void whatIsWrittenIsReadAgain() throws IOException {
        journal().append(List.of(ROUTE), List.of());
        journal().append(List.of(CONNECT), List.of());
        assertEquals(
                Map.of(ROUTE.pin(), ROUTE, CONNECT.pin(), CONNECT),
                journal().read().entries());
    }

    @Test
    void theLastWordOnAPinCounts() throws IOException {
        journal().append(List.of(ROUTE, CONNECT), List.of(CONNECT.pin()));
        var changed = new Entry(
                ROUTE.pin(), Optional.of(Phase.SHAPE), "eth0.100", "podlane_route", "ef56", 19, Optional.empty());
        journal().append(List.of(changed), List.of());
        assertEquals(Map.of(ROUTE.pin(), changed), journal().read().entries());
    }

    @Test
    void aMissingJournalIsEmpty() throws IOException {
        assertEquals(new Journal.Contents(Map.of(), 0), journal().read());
    }

    @Test
    void linesThatCannotBeReadAreCountedAndPassedOver() throws IOException {
        journal().append(List.of(ROUTE), List.of());
        Files.writeString(
                file(),
                "\u0000\u0001\n{\"pin\":\"p\",\"phase\":\"NEVER\"}\n{\"phase\":\"ROUTE\"}\n[1]\n",
                StandardOpenOption.APPEND);
        journal().append(List.of(CONNECT), List.of());
        Files.writeString(file(), "{\"pin\":\"cut sho", StandardOpenOption.APPEND);
        var contents = journal().read();
        assertEquals(Map.of(ROUTE.pin(), ROUTE, CONNECT.pin(), CONNECT), contents.entries());
        assertEquals(5, contents.unreadable());
    }

    @Test
    void rewritingLeavesOneLineForEachEntryAndNoDraft() throws IOException {
        for (int i = 0; i < 5; i++) {
            journal().append(List.of(ROUTE), List.of());
        }
        journal().rewrite(List.of(ROUTE));
        assertEquals(1, Files.readAllLines(file()).size());
        assertFalse(Files.exists(folder.resolve("state/leases.jsonl.new")));
    }

    @Test
    void whatCannotBeWrittenIsAnError() throws IOException {
        Files.createDirectories(file()); // stands for a full disk
        assertThrows(IOException.class, () -> journal().append(List.of(ROUTE), List.of()));
        assertThrows(IOException.class, () -> journal().rewrite(List.of(ROUTE)));
    }
}
