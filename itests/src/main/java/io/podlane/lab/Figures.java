// SPDX-License-Identifier: Apache-2.0
package io.podlane.lab;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** Measures what the demo and the benchmark print. Nothing here is compared with a limit: a figure is what it is. */
public final class Figures {
    /** The bundles that stand in a packet's way, or that refresh those that do; the device's kind comes on top. */
    public static final List<String> SWAPPED =
            List.of("hostrouting", "kubeproxy", "servicetable", "tcx", "pods", "manifests", "linux", "api");

    /** The rate that is asked for. */
    public static final int PACKETS_PER_SECOND = 20_000;

    private static final Duration TRIAL = Duration.ofSeconds(1);
    public static final int FLOWS = 16;

    private Figures() {}

    /**
     * What happened to the traffic while something was done to a node.
     *
     * @param what what was done
     * @param times how often
     * @param sent UDP packets sent meanwhile
     * @param lost of those, never answered
     * @param resets TCP connections reset meanwhile
     * @param longestGapMicros the longest time between two answers, in microseconds
     * @param took the median duration of doing it once
     * @param dropped where packets were dropped meanwhile, according to everybody's counters; empty if nowhere
     * @param overloaded how many of those were dropped in full queues and at full sockets
     */
    public record Swap(
            String what,
            int times,
            long sent,
            long lost,
            long resets,
            long longestGapMicros,
            Duration took,
            String dropped,
            long overloaded) {
        /** Whether more was lost than this machine was too busy to take in. */
        public boolean unexplained() {
            return lost > overloaded || resets > 0;
        }
    }

    /** Something done to a node under traffic. */
    public interface Deed {
        /** Does it for the n-th time; returns how long the part that counts took. */
        Duration once(int n);
    }

    /**
     * The rate at which this machine loses nothing while nothing is done: the one asked for, or else half of what it just
     * carries, so that there is room for what is done. A slow test kernel carries less than a real one.
     */
    public static int rate(TwoNodes two) {
        for (int rate = PACKETS_PER_SECOND; rate > 100; rate /= 2) {
            var quiet = underTraffic(two, "trial", rate, 1, n -> pause(TRIAL));
            long asked = rate * TRIAL.toSeconds();
            if (quiet.lost() == 0 && quiet.sent() > asked * 9 / 10) {
                return rate == PACKETS_PER_SECOND ? rate : rate / 2;
            }
        }
        throw new IllegalStateException("this machine loses packets at every rate, with nothing done to it");
    }

    /** Lets time pass. The window itself is what is measured. */
    static Duration pause(Duration window) {
        try {
            Thread.sleep(window.toMillis());
            return window;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Does something several times while a UDP stream and a TCP connection run from a client through the Service. */
    public static Swap underTraffic(TwoNodes two, String what, int rate, int times, Deed deed) {
        try (var udp = Traffic.udp(two.lab(), two.clientA().netns(), TwoNodes.SERVICE, TwoNodes.PORT, rate, FLOWS);
                var tcp = Traffic.tcp(two.lab(), two.clientA().netns(), TwoNodes.SERVICE, TwoNodes.PORT)) {
            var before = Drops.now(two);
            Traffic.mark(what, udp, tcp);
            var took = new ArrayList<Duration>();
            for (int n = 1; n <= times; n++) {
                took.add(deed.once(n));
            }
            Traffic.mark("after", udp, tcp);
            var packets = udp.stop();
            var connection = tcp.stop();
            var during = packets.interval(what);
            var after = Drops.now(two);
            return new Swap(
                    what,
                    times,
                    during.sent(),
                    packets.lost(),
                    connection.resets(),
                    during.longestGapMicros(),
                    median(took),
                    after.since(before),
                    after.elsewhereSince(before));
        }
    }

    /** Updates a bundle several times, each time to a release with other programs. */
    public static Swap updates(TwoNodes two, String bundle, int rate, int times) {
        var releases = new ArrayList<Path>();
        for (int n = 1; n <= times; n++) {
            releases.add(NextRelease.of(two.lab(), bundle, n));
        }
        return underTraffic(two, bundle, rate, times, n -> update(two.nodeA(), bundle, releases.get(n - 1)));
    }

    private static Duration update(Node node, String bundle, Path jar) {
        long start = System.nanoTime();
        node.must("podlane:update", "io.podlane." + bundle, jar.toString());
        return Duration.ofNanos(System.nanoTime() - start);
    }

    /** The bundles to swap on a node whose pods have a device of this kind. */
    public static List<String> swapped(String kind) {
        return Stream.concat(Stream.of(kind), SWAPPED.stream()).toList();
    }

    /** How long a command takes, from the start of the client to its end: the median of several runs. */
    public static Duration command(Node node, int times, String... command) {
        var took = new ArrayList<Duration>();
        for (int n = 0; n < times; n++) {
            var result = node.podlane(command);
            if (!result.ok()) {
                throw new IllegalStateException(String.join(" ", command) + ": " + result.err());
            }
            took.add(result.took());
        }
        return median(took);
    }

    /** The middle one of some durations. */
    public static Duration median(List<Duration> durations) {
        return durations.stream()
                .sorted()
                .skip(durations.size() / 2)
                .findFirst()
                .orElse(Duration.ZERO);
    }

    /** Milliseconds with one decimal. */
    public static String millis(Duration duration) {
        return String.format("%.1f ms", duration.toNanos() / 1e6);
    }

    /** An aligned table; the first row is the heading. Cells that are numbers stand to the right. */
    public static String table(List<String[]> rows) {
        int columns = rows.get(0).length;
        int[] widths = new int[columns];
        for (String[] row : rows) {
            for (int c = 0; c < columns; c++) {
                widths[c] = Math.max(widths[c], row[c].length());
            }
        }
        var text = new StringBuilder();
        for (String[] row : rows) {
            for (int c = 0; c < columns; c++) {
                boolean number = !row[c].isEmpty() && Character.isDigit(row[c].charAt(0));
                text.append(String.format((number ? "%" : "%-") + widths[c] + "s  ", row[c]));
            }
            text.setLength(text.toString().stripTrailing().length());
            text.append('\n');
        }
        return text.toString();
    }

    static String[] row(Object... cells) {
        return Arrays.stream(cells).map(String::valueOf).toArray(String[]::new);
    }
}
