// SPDX-License-Identifier: Apache-2.0
package io.podlane.tcx.command;

import io.podlane.api.bpf.BpfLoader;
import io.podlane.api.bpf.BpfObject;
import io.podlane.api.bpf.BpfSource;
import io.podlane.api.bpf.Codec;
import io.podlane.api.command.Listing;
import io.podlane.tcx.DropReason;
import java.util.ArrayList;
import java.util.List;
import org.apache.felix.service.command.Descriptor;
import org.apache.felix.service.command.Parameter;
import org.apache.felix.service.command.annotations.GogoCommand;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code podlane:drops}. */
@Component(service = DropCommands.class)
@GogoCommand(scope = "podlane", function = "drops")
public final class DropCommands {
    private static final int FIRST_OF_EXTENSIONS = 128;

    private final BpfLoader loader;

    @Activate
    public DropCommands(@Reference BpfLoader loader) {
        this.loader = loader;
    }

    /**
     * A reason; the components are the columns and JSON fields of {@code podlane:drops}.
     *
     * @param packets dropped for it since the node was started, on all CPUs
     */
    public record Row(String reason, long packets, String meaning) {}

    @Descriptor("tells for which reasons Podlane's programs dropped packets, and how many")
    public Listing<Row> drops(
            @Descriptor("output: table or json") @Parameter(names = "-o", absentValue = "table") String format,
            @Descriptor("also the reasons for which none was dropped")
                    @Parameter(names = "--all", presentValue = "true", absentValue = "false")
                    boolean all) {
        try (BpfObject counters = loader.load(BpfSource.of(DropCommands.class, "/bpf/drops.bpf.o"))) {
            return new Listing<>(Row.class, rows(counters, all), format);
        }
    }

    static List<Row> rows(BpfObject counters, boolean all) {
        var counts = counters.map("drop_counts_v1", Codec.U32, Codec.U64);
        var rows = new ArrayList<Row>();
        for (int number = 0; number < counts.maxEntries(); number++) {
            long packets = sum(counts.getPerCpu(number));
            if (packets > 0 || all && DropReason.of(number).isPresent()) {
                rows.add(row(number, packets));
            }
        }
        return rows;
    }

    private static long sum(List<Long> perCpu) {
        return perCpu.stream().mapToLong(count -> count).sum();
    }

    private static Row row(int number, long packets) {
        return DropReason.of(number)
                .map(reason -> new Row(reason.name(), packets, reason.meaning()))
                .orElseGet(() -> new Row(
                        Integer.toString(number),
                        packets,
                        number < FIRST_OF_EXTENSIONS
                                ? "a reason that this version does not know"
                                : "an extension's reason"));
    }
}
