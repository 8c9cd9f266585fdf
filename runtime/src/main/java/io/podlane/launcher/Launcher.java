// SPDX-License-Identifier: Apache-2.0
package io.podlane.launcher;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.apache.felix.framework.FrameworkFactory;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.FrameworkEvent;
import org.osgi.framework.launch.Framework;

/**
 * Starts the framework with the bundles of the distribution and of later updates, says {@code podlane ready}, and stops it
 * in order when the process is told to end. What it was told to be comes as system properties {@code podlane.*}, which
 * {@code podlane agent} sets; they become framework properties.
 */
public final class Launcher {
    private static final long STOP_TIMEOUT_MS = 10_000;

    private final Path home;
    private final Path stateDir;

    private Launcher(Path home, Path stateDir) {
        this.home = home;
        this.stateDir = stateDir;
    }

    public static void main(String[] arguments) throws Exception {
        Map<String, String> properties = new HashMap<>();
        for (String name : System.getProperties().stringPropertyNames()) {
            if (name.startsWith("podlane.")) {
                properties.put(name, System.getProperty(name));
            }
        }
        PrintStream out = System.out;
        // Standard output says "podlane ready" and nothing else, whatever a bundle prints.
        System.setOut(System.err);
        Framework framework = start(properties);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(framework), "podlane-stop"));
        out.println("podlane ready");
        out.flush();
        framework.waitForStop(0);
        System.exit(0);
    }

    private static String required(Map<String, String> properties, String name) {
        String value = properties.get(name);
        if (value == null) {
            throw new IllegalArgumentException("system property " + name + " is not set; start with `podlane agent`");
        }
        return value;
    }

    /** Stops the bundles and leaves the datapath alone. SIGTERM is the ordinary way to end, so the status is 0. */
    private static void stop(Framework framework) {
        int status = 0;
        try {
            framework.stop();
            if (framework.waitForStop(STOP_TIMEOUT_MS).getType() == FrameworkEvent.WAIT_TIMEDOUT) {
                Log.error("the framework did not stop within " + STOP_TIMEOUT_MS + " ms", null);
                status = 1;
            }
        } catch (BundleException | InterruptedException | RuntimeException e) {
            Log.error("stopping the framework", e);
            status = 1;
        }
        Runtime.getRuntime().halt(status);
    }

    /** All bundles that can resolve are active when this returns, and so are their components that can be. */
    static Framework start(Map<String, String> properties) throws BundleException, IOException {
        Path home = Path.of(required(properties, "podlane.home"));
        Path stateDir = Path.of(required(properties, "podlane.state-dir"));
        return new Launcher(home, stateDir).startFramework(properties);
    }

    private Framework startFramework(Map<String, String> properties) throws BundleException, IOException {
        Map<String, Object> configuration = frameworkConfiguration(properties);
        Path cache = stateDir.resolve("cache");
        Framework framework;
        try {
            framework = initialise(configuration, cache);
        } catch (BundleException | IOException | RuntimeException e) {
            Log.error("the bundle cache " + cache + " is unusable and is built again", e);
            deleteTree(cache);
            framework = initialise(configuration, cache);
        }
        framework.start();
        return framework;
    }

    private Framework initialise(Map<String, Object> configuration, Path cache) throws BundleException, IOException {
        Framework framework = new FrameworkFactory().newFramework(configuration);
        try {
            framework.init(event -> {
                if (event.getType() == FrameworkEvent.ERROR) {
                    Log.error(String.valueOf(event.getBundle()), event.getThrowable());
                }
            });
            new Installation(framework.getBundleContext(), cache.resolve("podlane-installed.properties"))
                    .apply(new Distribution(home, stateDir).jars());
            return framework;
        } catch (BundleException | IOException | RuntimeException e) {
            framework.stop();
            throw e;
        }
    }

    private Map<String, Object> frameworkConfiguration(Map<String, String> properties) {
        Map<String, Object> configuration = new HashMap<>(properties);
        configuration.put(Constants.FRAMEWORK_STORAGE, stateDir.resolve("cache").toString());
        configuration.put(
                Constants.FRAMEWORK_SYSTEMCAPABILITIES_EXTRA, properties.getOrDefault("podlane.capabilities", ""));
        configuration.put(Constants.FRAMEWORK_BEGINNING_STARTLEVEL, Integer.toString(StartLevels.ALL));
        configuration.put(Constants.FRAMEWORK_BOOTDELEGATION, "");
        configuration.put("felix.bootdelegation.implicit", "false");
        configuration.put("felix.log.logger", new Log());
        configuration.put("felix.log.level", "1");
        // The agent's own lock guards the whole state folder.
        configuration.put("felix.cache.locking", "false");
        configuration.put("felix.shutdown.hook", "false");
        return configuration;
    }

    static void deleteTree(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        try (var paths = Files.walk(folder)) {
            for (Path path : paths.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
