// SPDX-License-Identifier: Apache-2.0
package io.podlane.settings;

import static java.nio.file.StandardWatchEventKinds.ENTRY_CREATE;
import static java.nio.file.StandardWatchEventKinds.ENTRY_DELETE;
import static java.nio.file.StandardWatchEventKinds.ENTRY_MODIFY;

import io.podlane.api.status.Problems;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.Dictionary;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.osgi.framework.BundleContext;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Applies the settings of {@code etc/*.json} of the distribution, of {@code <state-dir>/etc/*.json}, and of the command
 * line, and applies each change of a file at once. Of several that set the same property the later one counts, files in the
 * order of their names. A file that cannot be read counts as it was when it could.
 */
@Component(service = {})
public final class Settings {
    private static final Logger LOG = LoggerFactory.getLogger(Settings.class);

    /** Marks the configurations that are ours. */
    private static final String MARK = "podlane.settings";
    /** Framework property: settings from the command line, in the same JSON. */
    private static final String COMMAND_LINE = "podlane.settings";

    private final ConfigurationAdmin admin;
    private final Problems problems;
    private final List<Path> folders;
    private final String commandLine;
    private final Map<Path, Map<String, Map<String, Object>>> lastGood = new HashMap<>();
    private final WatchService watch;

    @Activate
    public Settings(BundleContext context, @Reference ConfigurationAdmin admin) throws IOException {
        this.admin = admin;
        problems = new Problems(context);
        Path own = Path.of(context.getProperty("podlane.state-dir"), "etc");
        Files.createDirectories(own);
        folders = Stream.of(Path.of(context.getProperty("podlane.home"), "etc"), own)
                .filter(Files::isDirectory)
                .toList();
        commandLine = Objects.requireNonNullElse(context.getProperty(COMMAND_LINE), "{}");
        watch = FileSystems.getDefault().newWatchService();
        for (Path folder : folders) {
            folder.register(watch, ENTRY_CREATE, ENTRY_MODIFY, ENTRY_DELETE);
        }
        apply();
        Thread thread = new Thread(this::watch, "podlane-settings");
        thread.setDaemon(true);
        thread.start();
    }

    @Deactivate
    public void close() throws IOException {
        watch.close();
    }

    private void watch() {
        try {
            while (true) {
                WatchKey key = watch.take();
                key.pollEvents();
                apply();
                key.reset();
            }
        } catch (ClosedWatchServiceException | InterruptedException e) {
            // The bundle stops.
        }
    }

    private void apply() {
        try {
            apply(read());
            problems.clear("settings");
        } catch (IOException e) {
            problems.report("settings", e.toString());
        }
    }

    private Map<String, Map<String, Object>> read() throws IOException {
        Map<String, Map<String, Object>> settings = new TreeMap<>();
        Set<String> present = new HashSet<>();
        for (Path folder : folders) {
            try (Stream<Path> files = Files.list(folder)) {
                for (Path file : files.filter(f -> f.toString().endsWith(".json"))
                        .sorted()
                        .toList()) {
                    present.add(file.toString());
                    merge(read(file), settings);
                }
            }
        }
        lastGood.keySet().removeIf(file -> !present.contains(file.toString()));
        present.add("settings");
        problems.retain(present);
        merge(SettingsFile.read(new StringReader(commandLine)), settings);
        return settings;
    }

    private Map<String, Map<String, Object>> read(Path file) {
        try (var text = Files.newBufferedReader(file)) {
            var settings = SettingsFile.read(text);
            lastGood.put(file, settings);
            problems.clear(file.toString());
        } catch (IOException e) {
            problems.report(
                    file.toString(),
                    e.getMessage() + (lastGood.containsKey(file) ? "; what it said before still holds" : ""));
        }
        return lastGood.getOrDefault(file, Map.of());
    }

    private static void merge(Map<String, Map<String, Object>> from, Map<String, Map<String, Object>> into) {
        from.forEach((pid, properties) ->
                into.computeIfAbsent(pid, p -> new TreeMap<>()).putAll(properties));
    }

    private void apply(Map<String, Map<String, Object>> settings) throws IOException {
        for (var entry : settings.entrySet()) {
            Dictionary<String, Object> properties = new Hashtable<>(entry.getValue());
            properties.put(MARK, entry.getKey());
            if (configuration(entry.getKey()).updateIfDifferent(properties)) {
                LOG.info("configured pid={}", entry.getKey());
            }
        }
        for (Configuration configuration : ours()) {
            if (!settings.containsKey(
                    String.valueOf(configuration.getProperties().get(MARK)))) {
                LOG.info("no longer configured pid={}", configuration.getPid());
                configuration.delete();
            }
        }
    }

    private Configuration configuration(String pid) throws IOException {
        int tilde = pid.indexOf('~');
        return tilde < 0
                ? admin.getConfiguration(pid, "?")
                : admin.getFactoryConfiguration(pid.substring(0, tilde), pid.substring(tilde + 1), "?");
    }

    private List<Configuration> ours() throws IOException {
        try {
            Configuration[] found = admin.listConfigurations("(" + MARK + "=*)");
            return found == null ? List.of() : List.of(found);
        } catch (InvalidSyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
