// SPDX-License-Identifier: Apache-2.0
package io.podlane.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Where packets were dropped so far, so that a lost one can be laid at somebody's door: by Podlane's own programs, in the
 * kernel's queue between devices (full while the processor was busy elsewhere), or at a socket (full likewise).
 */
public final class Drops {
    private static final String PROGRAMS = "programs of ";

    private final Map<String, Long> counts = new LinkedHashMap<>();

    private Drops() {}

    /** All counters as they are now. */
    public static Drops now(TwoNodes two) {
        var drops = new Drops();
        for (Node node : List.of(two.nodeA(), two.nodeB())) {
            drops.counts.put(PROGRAMS + node.name(), byPrograms(node));
        }
        drops.counts.put("kernel queues", softnet());
        for (Pod pod : List.of(two.clientA(), two.webA(), two.webB())) {
            drops.counts.put("sockets of " + pod.name(), sockets(pod));
        }
        return drops;
    }

    /** What was dropped since, and where; empty if nothing was. */
    public String since(Drops before) {
        var text = new StringBuilder();
        counts.forEach((where, count) -> {
            long more = count - before.counts.get(where);
            if (more > 0) {
                text.append(text.isEmpty() ? "" : ", ")
                        .append(where)
                        .append(": ")
                        .append(more);
            }
        });
        return text.toString();
    }

    /**
     * How many were dropped since by others than Podlane's programs: in the kernel's queues and at sockets, because the
     * processor was too busy to empty them.
     */
    public long elsewhereSince(Drops before) {
        return counts.entrySet().stream()
                .filter(entry -> !entry.getKey().startsWith(PROGRAMS))
                .mapToLong(entry -> entry.getValue() - before.counts.get(entry.getKey()))
                .sum();
    }

    private static long byPrograms(Node node) {
        return node.list("podlane:drops").asList().stream()
                .mapToLong(row -> row.getAsJsonObject().get("packets").getAsLong())
                .sum();
    }

    private static long softnet() {
        try {
            return Files.readAllLines(Path.of("/proc/net/softnet_stat")).stream()
                    .mapToLong(line -> Long.parseLong(line.split(" +")[1], 16))
                    .sum();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static long sockets(Pod pod) {
        String[] names = null;
        for (String line : pod.netns().run("cat", "/proc/net/snmp").split("\n")) {
            if (!line.startsWith("Udp:")) {
                continue;
            }
            String[] words = line.split(" ");
            if (names == null) {
                names = words;
                continue;
            }
            long sum = 0;
            for (int i = 1; i < words.length; i++) {
                if (List.of("RcvbufErrors", "SndbufErrors", "MemErrors").contains(names[i])) {
                    sum += Long.parseLong(words[i]);
                }
            }
            return sum;
        }
        throw new IllegalStateException("no UDP counters in " + pod.name());
    }
}
