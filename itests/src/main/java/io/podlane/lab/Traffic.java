// SPDX-License-Identifier: Apache-2.0
package io.podlane.lab;

import com.google.gson.Gson;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/** Programs that send and answer packets; see itests/traffic/traffic.c. */
public final class Traffic {
    private static final String PROGRAM =
            Lab.repository().resolve("itests/target/traffic").toString();
    private static final Gson GSON = new Gson();

    private Traffic() {}

    /**
     * How single requests fared.
     *
     * @param ok how many were answered
     * @param failed how many were not
     * @param refused how many of those were refused at once
     * @param servers how many answers each server gave, by its id
     */
    public record Requests(int ok, int failed, int refused, Map<Integer, Long> servers) {}

    /**
     * How a stream fared.
     *
     * @param duplicates answers that came twice
     * @param servers how many answers each server gave, by its id
     * @param intervals the stretches between marks
     */
    public record StreamResult(long duplicates, Map<Integer, Long> servers, List<Interval> intervals) {
        public Interval interval(String name) {
            return intervals.stream()
                    .filter(i -> i.name.equals(name))
                    .findFirst()
                    .orElseThrow();
        }

        /** What was sent and never answered, over all intervals. */
        public long lost() {
            return intervals.stream().mapToLong(Interval::lost).sum();
        }

        public long resets() {
            return intervals.stream().mapToLong(i -> i.resets).sum();
        }

        public long sent() {
            return intervals.stream().mapToLong(i -> i.sent).sum();
        }
    }

    /** A stretch of a stream, by when packets were sent. */
    public record Interval(String name, long sent, long received, long millis, long longestGapMicros, long resets) {
        public long lost() {
            return sent - received;
        }
    }

    /** Starts an echo server and waits until it listens. */
    public static AutoCloseable server(Lab lab, Pod pod, String protocol, int port, int id) {
        Process process = pod.netns().start(PROGRAM, protocol + "-echo", Integer.toString(port), Integer.toString(id));
        String first = line(reader(process));
        if (!"listening".equals(first)) {
            throw new IllegalStateException(protocol + " server of " + pod.name() + " does not listen: " + first);
        }
        return lab.own(() -> process.destroyForcibly().onExit().join());
    }

    /** Single requests, each from a new port. */
    public static Requests requests(Netns from, String protocol, String address, int port, int count) {
        var result =
                from.tryRun(PROGRAM, protocol + "-request", address, Integer.toString(port), Integer.toString(count));
        if (!result.out().startsWith("{")) {
            throw new IllegalStateException(result.err() + result.out());
        }
        return GSON.fromJson(result.out(), Requests.class);
    }

    /** Starts a paced UDP stream of small packets over several flows. */
    public static Stream udp(Lab lab, Netns from, String address, int port, int perSecond, int flows) {
        return lab.own(new Stream(from.start(
                PROGRAM,
                "udp-stream",
                address,
                Integer.toString(port),
                Integer.toString(perSecond),
                Integer.toString(flows))));
    }

    /** Starts a TCP connection that sends a request at a time. */
    public static Stream tcp(Lab lab, Netns from, String address, int port) {
        return lab.own(new Stream(from.start(PROGRAM, "tcp-stream", address, Integer.toString(port))));
    }

    /** A stream that runs. */
    public static final class Stream implements AutoCloseable {
        private final Process process;
        private final BufferedReader out;

        private Stream(Process process) {
            this.process = process;
            this.out = reader(process);
        }

        /** What is sent from now on belongs to this interval. */
        public void mark(String name) {
            say("mark " + name.replaceAll("[\"\\\\\n]", "_"));
            String answer = line(out);
            if (!"ok".equals(answer)) {
                throw new IllegalStateException("the stream answers " + answer);
            }
        }

        /** Ends it and counts. */
        public StreamResult stop() {
            say("stop");
            String answer = line(out);
            if (answer == null) {
                throw new IllegalStateException("the stream ended before it was stopped");
            }
            return GSON.fromJson(answer, StreamResult.class);
        }

        private void say(String command) {
            try {
                var in = process.getOutputStream();
                in.write((command + "\n").getBytes(StandardCharsets.UTF_8));
                in.flush();
            } catch (IOException e) {
                throw new UncheckedIOException("the stream is gone", e);
            }
        }

        @Override
        public void close() {
            process.destroyForcibly().onExit().join();
        }
    }

    /** Marks several streams at once. */
    public static void mark(String name, Stream... streams) {
        for (Stream stream : streams) {
            stream.mark(name);
        }
    }

    private static BufferedReader reader(Process process) {
        return new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    private static String line(BufferedReader reader) {
        try {
            return reader.readLine();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
