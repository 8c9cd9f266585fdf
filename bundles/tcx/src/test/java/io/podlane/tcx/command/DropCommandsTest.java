// SPDX-License-Identifier: Apache-2.0
package io.podlane.tcx.command;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.podlane.api.bpf.Codec;
import io.podlane.linux.bpf.KernelLoader;
import io.podlane.linux.testing.KernelTest;
import io.podlane.linux.testing.Machine;
import io.podlane.linux.testing.Packet;
import io.podlane.tcx.DropReason;
import io.podlane.tcx.command.DropCommands.Row;
import java.nio.file.Path;
import java.util.List;

final class DropCommandsTest {
    @KernelTest
    void packetsAreCountedByReason(Path bpffs) {
        try (var loader = new KernelLoader(bpffs, "io.podlane.tcx");
                var routing = new KernelLoader(bpffs, "io.podlane.hostrouting")) {
            var counters = loader.load(Machine.object("tcx/drops"));
            assertEquals(List.of(), DropCommands.rows(counters, false), "before any program is loaded");
            assertEquals(
                    DropReason.values().length,
                    DropCommands.rows(counters, true).size());

            var programs = routing.load(Machine.object("hostrouting/route"));
            var checkSource = programs.program("podlane_route_check_source");
            byte[] forged = Packet.udp("10.1.0.3:4000", "192.0.2.1:80").bytes();
            for (int n = 0; n < 3; n++) {
                checkSource.test(forged);
            }
            assertEquals(
                    List.of(new Row("SPOOFED_SOURCE", 3, "a pod sent from an address that is not its own")),
                    DropCommands.rows(counters, false));
        }
    }

    @KernelTest
    void countsOfAllCpusAreAddedUpAndExtensionsReasonsShown(Path bpffs) {
        try (var loader = new KernelLoader(bpffs, "io.podlane.tcx")) {
            var counters = loader.load(Machine.object("tcx/drops"));
            var counts = counters.map("drop_counts_v1", Codec.U32, Codec.U64);
            counts.put(1, 5L); // on each CPU
            counts.put(127, 1L);
            counts.put(130, 1L);
            long cpus = counts.getPerCpu(1).size();
            assertEquals(
                    List.of(
                            new Row("NO_ENDPOINTS", 5 * cpus, DropReason.NO_ENDPOINTS.meaning()),
                            new Row("127", cpus, "a reason that this version does not know"),
                            new Row("130", cpus, "an extension's reason")),
                    DropCommands.rows(counters, false));
        }
    }
}
