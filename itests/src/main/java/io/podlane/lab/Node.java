// SPDX-License-Identifier: Apache-2.0
package io.podlane.lab;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A node: a network namespace with an agent. */
public final class Node implements AutoCloseable {
    private static final Duration START_LIMIT = Duration.ofSeconds(240);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(30);

    private final String name;
    private final Lab lab;
    private final Netns netns;
    private final Path stateDir;
    private final Path bpffs;
    private final Path log;
    private Process agent;
    private Duration startTook = Duration.ZERO;

    Node(Lab lab, String name, Netns netns) {
        this.lab = lab;
        this.name = name;
        this.netns = netns;
        this.stateDir = lab.folder("state-" + name);
        this.bpffs = lab.folder("bpf-" + name);
        this.log = lab.folder("logs").resolve(name + ".log");
        Commands.run("mount", "-t", "bpf", "bpf", bpffs.toString());
    }

    public String name() {
        return name;
    }

    public Netns netns() {
        return netns;
    }

    public Path stateDir() {
        return stateDir;
    }

    public Path bpffs() {
        return bpffs;
    }

    /** What the agent wrote to standard error so far. */
    public String log() {
        try {
            return Files.exists(log) ? Files.readString(log) : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Starts the agent and waits until it says that it is ready. */
    public Node startAgent(Path manifests, String... more) {
        var command = new ArrayList<>(List.of(netns.inside()));
        command.addAll(List.of(
                client().toString(),
                "agent",
                "--manifests",
                manifests.toString(),
                "--node",
                name,
                "--uplink",
                "eth0",
                "--state-dir",
                stateDir.toString(),
                "--bpffs",
                bpffs.toString(),
                "--cgroup",
                lab.cgroup().toString()));
        command.addAll(List.of(more));
        try {
            long start = System.nanoTime();
            agent = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()))
                    .start();
            var ready = CompletableFuture.supplyAsync(() -> awaitReady(agent));
            if (!ready.get(START_LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                throw new IllegalStateException("the agent of " + name + " ended before it was ready:\n" + log());
            }
            startTook = Duration.ofNanos(System.nanoTime() - start);
            return this;
        } catch (java.util.concurrent.TimeoutException e) {
            agent.destroyForcibly();
            throw new IllegalStateException(
                    "the agent of " + name + " is not ready after " + START_LIMIT + ":\n" + log());
        } catch (Exception e) {
            throw e instanceof RuntimeException r ? r : new IllegalStateException(e);
        }
    }

    private static boolean awaitReady(Process process) {
        try {
            var out = new BufferedReader(new InputStreamReader(process.getInputStream()));
            for (String line; (line = out.readLine()) != null; ) {
                if (line.equals("podlane ready")) {
                    return true;
                }
            }
            return false;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** From the agent's start to its {@code podlane ready}. */
    public Duration startTook() {
        return startTook;
    }

    public long pid() {
        return agent.pid();
    }

    /** The agent's resident memory in KiB. */
    public long residentKib() {
        try (Stream<String> lines = Files.lines(Path.of("/proc", Long.toString(agent.pid()), "status"))) {
            return lines.filter(l -> l.startsWith("VmRSS:"))
                    .mapToLong(l -> Long.parseLong(l.replaceAll("\\D", "")))
                    .findFirst()
                    .orElseThrow();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Ends the agent as an operator does; the datapath stays. Returns its exit status. */
    public int stopAgent() {
        agent.destroy();
        try {
            if (!agent.waitFor(STOP_LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                agent.destroyForcibly();
                throw new IllegalStateException("the agent of " + name + " did not end on SIGTERM:\n" + log());
            }
            return agent.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Kills the agent, so that it can clean up nothing. */
    public void killAgent() {
        agent.destroyForcibly().onExit().join();
    }

    /** Waits for the agent to end by itself. */
    public int awaitEnd() {
        return agent.onExit()
                .orTimeout(STOP_LIMIT.toSeconds(), TimeUnit.SECONDS)
                .join()
                .exitValue();
    }

    /** Runs one command of the agent. */
    public Commands.Result podlane(String... command) {
        var all = new ArrayList<>(List.of(client().toString(), "--state-dir", stateDir.toString()));
        all.addAll(List.of(command));
        return Commands.tryRun(all.toArray(String[]::new));
    }

    /** Runs a command that must succeed. */
    public String must(String... command) {
        var result = podlane(command);
        if (!result.ok()) {
            throw new IllegalStateException(String.join(" ", command) + ": exit status " + result.status() + ": "
                    + result.err() + result.out() + "\n--- agent's log ---\n" + log());
        }
        return result.out();
    }

    /** A list command's rows. */
    public JsonArray list(String... command) {
        return json(command).getAsJsonArray();
    }

    /** The rows of {@code tcx:list} but those of spare device pairs, which come and go by themselves. */
    public List<JsonObject> attachments() {
        return list("tcx:list").asList().stream()
                .map(JsonElement::getAsJsonObject)
                .filter(row -> !row.get("device").getAsString().startsWith("plspare"))
                .toList();
    }

    /** The agent's status. */
    public JsonObject status() {
        return json("podlane:status").getAsJsonObject();
    }

    private JsonElement json(String... command) {
        var all = new ArrayList<>(List.of(command));
        all.addAll(List.of("-o", "json"));
        return JsonParser.parseString(must(all.toArray(String[]::new)));
    }

    /** Connects a new pod, with a namespace of its own. */
    public Pod pod(String podName, String address, String... options) {
        Netns inside = lab.netns(name + "-" + podName.replace('/', '-'));
        var command = new ArrayList<>(
                List.of("pod:add", podName, "--netns", inside.path().toString(), "--ip", address));
        command.addAll(List.of(options));
        must(command.toArray(String[]::new));
        return new Pod(podName, address, inside, this);
    }

    /** The command line client, which is the agent as well. */
    public static Path client() {
        return Lab.repository().resolve("runtime/bin/podlane");
    }

    @Override
    public void close() {
        if (agent != null && agent.isAlive()) {
            agent.destroyForcibly().onExit().join();
        }
        Commands.tryRun("umount", bpffs.toString());
    }
}
