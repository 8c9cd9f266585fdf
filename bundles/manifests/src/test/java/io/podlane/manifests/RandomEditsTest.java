// SPDX-License-Identifier: Apache-2.0
package io.podlane.manifests;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.podlane.api.cluster.ClusterState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whatever is done to the files: what a listener has made of snapshot and changes is what a reader finds who comes fresh to
 * a folder in which every bad object stands as it did when it was last good.
 */
class RandomEditsTest {
    private static final List<String> FILES = List.of("a.yaml", "b.yml", "c.json", "d.yaml");

    /** An object in a file as it was last good; empty if it never was, or is gone. */
    private final Map<String, Map<String, String>> shadow = new TreeMap<>();

    /** What stands in each file, good or bad. */
    private final Map<String, Map<String, String>> written = new TreeMap<>();

    /** What was written since the last look; several edits of a file count as one. */
    private final Map<String, Map<String, String>> pending = new HashMap<>();

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void theListenersStateIsThatOfAFreshReader(long seed, @TempDir Path temp) throws Exception {
        var random = new Random(seed);
        Path dir = Files.createDirectory(temp.resolve("manifests"));
        var folder = new ManifestFolder(dir, temp.resolve("state"));
        var feed = new ClusterFeed(problems -> {});
        var listening = new Listening();
        feed.add(listening);
        long now = 0;
        folder.load(now);
        feed.content(folder.content(), folder.isComplete());

        for (int i = 0; i < 40; i++) {
            for (int edits = 1 + random.nextInt(3); edits > 0; edits--) {
                edit(dir, FILES.get(random.nextInt(FILES.size())), random);
            }
            // Every file is named, as inotify would: two edits within a tick of the file system's clock look alike.
            Set<Path> touched = Set.copyOf(FILES.stream().map(dir::resolve).toList());
            folder.look(++now, touched);
            if (random.nextBoolean()) {
                folder.look(now += ManifestFile.REST, Set.of());
                feed.content(folder.content(), folder.isComplete());
            }
            folder.look(now += ManifestFile.LONG_REST, Set.of());
            feed.content(folder.content(), folder.isComplete());
            ClusterState fresh = fresh(temp.resolve("fresh" + i), random);
            assertEquals(List.of(), listening.state().changesTo(fresh), "seed " + seed + " edit " + i);
            assertEquals(fresh, listening.state());
        }
        assertEquals(1, listening.snapshots());
    }

    private void edit(Path dir, String file, Random random) throws IOException {
        Path path = dir.resolve(file);
        Map<String, String> objects = written.computeIfAbsent(file, f -> new HashMap<>());
        switch (random.nextInt(8)) {
            case 0 -> {
                Files.deleteIfExists(path);
                objects.clear();
            }
            case 1 -> {
                Files.writeString(path, text(objects.values(), random) + "\n---\n{broken: [\n");
                pending.remove(file); // What was written before it since the last look was never read.
                return;
            }
            default -> {
                for (int n = random.nextInt(4); n >= 0; n--) {
                    String name = "o" + random.nextInt(4);
                    String kind =
                            List.of("Service", "Pod", "Node", "EndpointSlice").get(random.nextInt(4));
                    if (random.nextInt(4) == 0) {
                        objects.remove(kind + name);
                    } else {
                        objects.put(kind + name, object(kind, name, random));
                    }
                }
                Files.writeString(path, text(objects.values(), random));
            }
        }
        pending.put(file, new HashMap<>(objects));
    }

    private ClusterState fresh(Path dir, Random random) throws IOException {
        pending.forEach((file, objects) -> {
            var before = shadow.getOrDefault(file, Map.of());
            var after = new HashMap<String, String>();
            objects.forEach((key, text) -> {
                String good = text.contains("BAD") ? before.get(key) : text;
                if (good != null) {
                    after.put(key, good);
                }
            });
            shadow.put(file, after);
        });
        pending.clear();
        Files.createDirectory(dir);
        for (var entry : shadow.entrySet()) {
            Files.writeString(dir.resolve(entry.getKey()), text(entry.getValue().values(), random));
        }
        var folder = new ManifestFolder(dir, dir.resolve("state"));
        folder.load(0);
        return Endpoints.complete(folder.content(), List.of()).state();
    }

    private static String object(String kind, String name, Random random) {
        String number = random.nextInt(5) == 0 ? "BAD" : "8" + random.nextInt(3);
        String address = "10.0." + random.nextInt(2) + "." + (number.equals("BAD") ? "BAD" : random.nextInt(4) + 1);
        String head = "\"kind\": \"" + kind + "\", \"metadata\": {\"name\": \"" + name + "\", \"labels\": {\"app\": \""
                + random.nextInt(2) + "\", \"kubernetes.io/service-name\": \"o" + random.nextInt(4) + "\"}}";
        return switch (kind) {
            case "Service" ->
                "{\"apiVersion\": \"v1\", " + head + ", \"spec\": {\"selector\": {\"app\": \""
                        + random.nextInt(2) + "\"}, \"ports\": [{\"port\": "
                        + (number.equals("BAD") ? "\"BAD\"" : number)
                        + ", \"targetPort\": \"web\"}]}}";
            case "Pod" ->
                "{\"apiVersion\": \"v1\", " + head + ", \"spec\": {\"containers\": [{\"ports\": [{\"name\":"
                        + " \"web\", \"containerPort\": " + (8080 + random.nextInt(2))
                        + "}]}]}, \"status\": {\"podIP\": \""
                        + address + "\"}}";
            case "Node" -> "{\"apiVersion\": \"v1\", " + head + ", \"spec\": {\"podCIDR\": \"" + address + "/24\"}}";
            default ->
                "{\"apiVersion\": \"discovery.k8s.io/v1\", " + head + ", \"addressType\": \"IPv4\","
                        + " \"endpoints\": [{\"addresses\": [\"" + address + "\"]}]}";
        };
    }

    /** In any order, as documents or as a List. */
    private static String text(java.util.Collection<String> objects, Random random) {
        var shuffled = new ArrayList<>(objects);
        Collections.shuffle(shuffled, random);
        return random.nextBoolean()
                ? String.join("\n---\n", shuffled)
                : "{\"items\": [" + String.join(",\n", shuffled) + "], \"kind\": \"List\", \"apiVersion\": \"v1\"}";
    }
}
