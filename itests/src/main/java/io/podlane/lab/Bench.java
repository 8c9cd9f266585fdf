// SPDX-License-Identifier: Apache-2.0
package io.podlane.lab;

import static io.podlane.lab.Figures.millis;
import static io.podlane.lab.Figures.row;

import com.google.gson.GsonBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * {@code make bench}: packets lost while parts are swapped, broken or killed, and what the agent costs. Writes JSON and a
 * Markdown table to {@code itests/target/bench}.
 */
public final class Bench {
    private static final int UPDATES = 20;
    private static final int STARTS = 7;
    private static final int COMMANDS = 30;
    private static final int PODS = 30;
    private static final Duration BETWEEN_PODS = Duration.ofMillis(300);

    private final List<Figures.Swap> swaps = new ArrayList<>();
    private final Map<String, Object> agent = new LinkedHashMap<>();
    private String kind = "";
    private int rate;

    private Bench() {}

    public static void main(String[] args) throws IOException {
        var bench = new Bench();
        bench.agentFigures();
        bench.swapFigures();
        bench.write();
    }

    private void swapFigures() {
        try (var two = TwoNodes.startWithPods()) {
            kind = two.nodeA()
                    .list("pod:list")
                    .get(0)
                    .getAsJsonObject()
                    .get("kind")
                    .getAsString();
            rate = Figures.rate(two);
            for (String bundle : Figures.swapped(kind)) {
                var swap = record(Figures.updates(two, bundle, rate, UPDATES));
                // The same time again with nothing done: what this machine loses by itself.
                record(quiet(two, bundle, swap));
            }
            brokenUpdates(two);
            killAndRestart(two);
        }
    }

    private Figures.Swap record(Figures.Swap swap) {
        swaps.add(swap);
        System.out.printf(
                "%-32s %2d×  sent %8d  lost %4d  resets %d  longest gap %6d µs  median %s  %s%n",
                swap.what(),
                swap.times(),
                swap.sent(),
                swap.lost(),
                swap.resets(),
                swap.longestGapMicros(),
                millis(swap.took()),
                swap.dropped());
        return swap;
    }

    private Figures.Swap quiet(TwoNodes two, String bundle, Figures.Swap like) {
        Duration window = Duration.ofNanos(like.sent() * 1_000_000_000L / rate);
        return Figures.underTraffic(two, bundle + ": nothing done", rate, 1, n -> Figures.pause(window));
    }

    private void brokenUpdates(TwoNodes two) {
        record(refused(two, "broken: verifier", BrokenRelease.rejectedByTheVerifier(two.lab())));
        record(refused(two, "broken: activation", BrokenRelease.failingInActivation(two.lab())));
        record(refused(two, "broken: resolver", BrokenRelease.thatCannotResolve(two.lab())));
    }

    private Figures.Swap refused(TwoNodes two, String what, BrokenRelease broken) {
        return Figures.underTraffic(two, what, rate, UPDATES, n -> {
            var result = two.nodeA()
                    .podlane(
                            "podlane:update",
                            "io.podlane." + broken.bundle(),
                            broken.jar().toString());
            if (result.ok()) {
                throw new IllegalStateException(what + ": the update was taken");
            }
            return result.took();
        });
    }

    private void killAndRestart(TwoNodes two) {
        String before = linkIds(two.nodeA());
        record(Figures.underTraffic(two, "kill -9 and restart", rate, UPDATES / 2, n -> {
            two.nodeA().killAgent();
            two.nodeA().startAgent(two.manifests());
            return two.nodeA().startTook();
        }));
        String after = linkIds(two.nodeA());
        agent.put("linkIdsKeptOverKill", before.equals(after));
    }

    private static String linkIds(Node node) {
        return node.attachments().stream()
                .map(r -> r.get("linkId").getAsString())
                .toList()
                .toString();
    }

    private static List<Duration> addPods(Lab lab, Node node, String name, Duration between) {
        var took = new ArrayList<Duration>();
        for (int n = 0; n < PODS; n++) {
            Figures.pause(between);
            String pod = name + n;
            String netns = lab.netns(pod).path().toString();
            String address = "10.1." + (name.equals("paced") ? 1 : 2) + "." + (n + 10);
            long start = System.nanoTime();
            node.must("pod:add", pod, "--netns", netns, "--ip", address);
            took.add(Duration.ofNanos(System.nanoTime() - start));
        }
        return took;
    }

    private void agentFigures() {
        try (var lab = Lab.open()) {
            var node = lab.node("node-a");
            var other = lab.netns("wire");
            lab.wire(node.netns(), "192.168.100.1/24", other, "192.168.100.2/24");
            var manifests = lab.folder("manifests");
            node.startAgent(manifests);
            agent.put("startCold", millis(node.startTook()));
            var warm = new ArrayList<Duration>();
            for (int n = 0; n < STARTS; n++) {
                node.stopAgent();
                node.startAgent(manifests);
                warm.add(node.startTook());
            }
            agent.put("startWarmMedian", millis(Figures.median(warm)));
            agent.put("residentMiBIdle", node.residentKib() / 1024);
            agent.put("svcListMedian", millis(Figures.command(node, COMMANDS, "svc:list")));
            agent.put("statusMedian", millis(Figures.command(node, COMMANDS, "podlane:status")));
            var paced = addPods(lab, node, "paced", BETWEEN_PODS);
            agent.put("podAddFirst", millis(paced.get(0)));
            agent.put("podAddMedian", millis(Figures.median(paced)));
            agent.put("podAddMedianBackToBack", millis(Figures.median(addPods(lab, node, "burst", Duration.ZERO))));
            agent.put("residentMiBWith" + 2 * PODS + "Pods", node.residentKib() / 1024);
            agent.forEach((what, figure) -> System.out.println(what + ": " + figure));
        }
    }

    private void write() throws IOException {
        Path folder = Files.createDirectories(Lab.repository().resolve("itests/target/bench"));
        var result = new LinkedHashMap<String, Object>();
        result.put("when", Instant.now().toString());
        result.put("kernel", Commands.run("uname", "-r").strip());
        result.put("processors", Runtime.getRuntime().availableProcessors());
        result.put("java", Runtime.version().toString());
        result.put("deviceKind", kind);
        result.put("packetsPerSecond", rate);
        result.put("agent", agent);
        result.put("swaps", swaps.stream().map(Bench::cells).toList());
        Files.writeString(
                folder.resolve("foundation.json"),
                new GsonBuilder()
                        .setPrettyPrinting()
                        .disableHtmlEscaping()
                        .create()
                        .toJson(result));
        var markdown = new StringBuilder("| done to the node | times | packets sent | lost | TCP resets "
                + "| longest gap, µs | median time of one | dropped by |\n|---|--:|--:|--:|--:|--:|--:|---|\n");
        for (var swap : swaps) {
            markdown.append("| ")
                    .append(String.join(" | ", row(cells(swap).values().toArray())))
                    .append(" |\n");
        }
        markdown.append("\n| agent | |\n|---|--:|\n");
        agent.forEach((what, figure) ->
                markdown.append("| ").append(what).append(" | ").append(figure).append(" |\n"));
        Files.writeString(folder.resolve("foundation.md"), markdown);
        System.out.println("\n" + markdown + "\nwritten to " + folder);
    }

    private static Map<String, Object> cells(Figures.Swap swap) {
        var cells = new LinkedHashMap<String, Object>();
        cells.put("what", swap.what());
        cells.put("times", swap.times());
        cells.put("sent", swap.sent());
        cells.put("lost", swap.lost());
        cells.put("resets", swap.resets());
        cells.put("longestGapMicros", swap.longestGapMicros());
        cells.put("median", millis(swap.took()));
        cells.put("dropped", swap.dropped());
        return cells;
    }
}
