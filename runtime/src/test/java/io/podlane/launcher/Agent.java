// SPDX-License-Identifier: Apache-2.0
package io.podlane.launcher;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.osgi.framework.Bundle;
import org.osgi.framework.launch.Framework;

/**
 * An agent inside the test's JVM, with the bundles that need no kernel, no privilege and no network; and the real client to
 * talk to it.
 */
final class Agent implements AutoCloseable {
    static final Path DISTRIBUTION = Path.of("target/podlane").toAbsolutePath();
    static final Path CLIENT = Path.of("bin/podlane").toAbsolutePath();

    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final List<String> LEFT_OUT = List.of(
            "io.podlane.linux",
            "io.podlane.tcx",
            "io.podlane.pods",
            "io.podlane.veth",
            "io.podlane.hostrouting",
            "io.podlane.servicetable",
            "io.podlane.kubeproxy",
            "io.podlane.manifests");

    final Path home;
    final Path stateDir;
    private Framework framework;

    record Result(int status, String out, String err) {}

    Agent(Path folder) throws IOException {
        home = folder.resolve("home");
        stateDir = folder.resolve("state");
        Files.createDirectories(home.resolve("bundles"));
        Files.createDirectories(stateDir);
        try (var jars = Files.newDirectoryStream(DISTRIBUTION.resolve("bundles"))) {
            for (Path jar : jars) {
                String name = jar.getFileName().toString().replace(".jar", "");
                if (!LEFT_OUT.contains(name)) {
                    Files.copy(jar, home.resolve("bundles").resolve(jar.getFileName()));
                }
            }
        }
    }

    /** Puts a jar into the distribution. */
    Agent with(Path jar, String name) throws IOException {
        Files.copy(
                jar, home.resolve("bundles").resolve(name + ".jar"), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        return this;
    }

    Agent start() throws Exception {
        Map<String, String> properties = new HashMap<>();
        properties.put("podlane.home", home.toString());
        properties.put("podlane.state-dir", stateDir.toString());
        properties.put("podlane.node", "here");
        properties.put("podlane.capabilities", "linux.kernel;feature=tcx,linux.kernel;feature=veth");
        framework = Launcher.start(properties);
        return this;
    }

    void stop() throws Exception {
        framework.stop();
        framework.waitForStop(LIMIT.toMillis());
        framework = null;
    }

    /** Waits for the agent to end by itself. */
    void awaitEnd() throws Exception {
        framework.waitForStop(LIMIT.toMillis());
        framework = null;
    }

    @Override
    public void close() throws Exception {
        if (framework != null) {
            stop();
        }
    }

    Optional<Bundle> bundle(String symbolicName) {
        return Arrays.stream(framework.getBundleContext().getBundles())
                .filter(bundle -> symbolicName.equals(bundle.getSymbolicName()))
                .findFirst();
    }

    /** The version of a bundle that is active; {@code none} if it is not. */
    String active(String symbolicName) {
        return bundle(symbolicName)
                .filter(bundle -> bundle.getState() == Bundle.ACTIVE)
                .map(bundle -> bundle.getVersion().toString())
                .orElse("none");
    }

    Result podlane(String... command) throws Exception {
        var all = new ArrayList<>(List.of(CLIENT.toString(), "--state-dir", stateDir.toString()));
        all.addAll(List.of(command));
        return run("", all);
    }

    static Result run(String input, List<String> command) throws Exception {
        Path err = Files.createTempFile("podlane", ".err");
        Process process =
                new ProcessBuilder(command).redirectError(err.toFile()).start();
        try (var in = process.getOutputStream()) {
            in.write(input.getBytes(StandardCharsets.UTF_8));
        }
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int status = process.waitFor();
        try {
            return new Result(status, out, Files.readString(err));
        } finally {
            Files.delete(err);
        }
    }

    JsonObject status() throws Exception {
        Result result = podlane("podlane:status", "-o", "json");
        if (result.status() != 0) {
            throw new AssertionError(result.err());
        }
        return JsonParser.parseString(result.out()).getAsJsonObject();
    }

    /** The properties of a configuration, without those of ConfigurationAdmin and the mark; {@code none} if there is none. */
    String configuration(String pid) {
        var context = framework.getBundleContext();
        try {
            var reference = context.getAllServiceReferences("org.osgi.service.cm.ConfigurationAdmin", null)[0];
            Object admin = context.getService(reference);
            Object[] found = (Object[]) admin.getClass()
                    .getMethod("listConfigurations", String.class)
                    .invoke(admin, "(service.pid=" + pid + ")");
            if (found == null) {
                return "none";
            }
            var properties = (java.util.Dictionary<?, ?>)
                    found[0].getClass().getMethod("getProperties").invoke(found[0]);
            var map = new java.util.TreeMap<String, Object>();
            for (var keys = properties.keys(); keys.hasMoreElements(); ) {
                String key = (String) keys.nextElement();
                if (!key.startsWith("service.") && !key.startsWith("podlane.")) {
                    map.put(key, properties.get(key));
                }
            }
            return map.toString();
        } catch (ReflectiveOperationException | org.osgi.framework.InvalidSyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    /** As {@link #problems}, with file names and their text side by side. */
    String reported() {
        try {
            return podlane("podlane:status").out();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** The text of all problems in the status. */
    String problems() throws Exception {
        return status().getAsJsonArray("problems").toString();
    }

    static void await(String what, BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("not within " + LIMIT + ": " + what);
            }
            Thread.sleep(5);
        }
    }
}
