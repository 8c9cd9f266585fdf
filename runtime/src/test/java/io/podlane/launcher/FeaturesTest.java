// SPDX-License-Identifier: Apache-2.0
package io.podlane.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import aQute.bnd.build.model.BndEditModel;
import aQute.bnd.osgi.Jar;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.osgi.framework.VersionRange;

/** The features, what the resolver found, and the distribution are the same set of bundles. */
class FeaturesTest {
    private static final Path FEATURES = Path.of("../features");

    /** Version ranges of -runbundles by symbolic name. */
    private static Map<String, VersionRange> resolved() throws Exception {
        BndEditModel model = new BndEditModel();
        model.loadFrom(new File("podlane.bndrun"));
        Map<String, VersionRange> bundles = new TreeMap<>();
        model.getRunBundles().forEach(b -> bundles.put(b.getName(), new VersionRange(b.getVersionRange())));
        return bundles;
    }

    /** The distribution's jars by file name, which is the artifact's. */
    private static Map<String, Jar> distribution() throws Exception {
        Map<String, Jar> jars = new TreeMap<>();
        try (var files = Files.newDirectoryStream(Agent.DISTRIBUTION.resolve("bundles"), "*.jar")) {
            for (Path file : files) {
                jars.put(file.getFileName().toString().replace(".jar", ""), new Jar(file.toFile()));
            }
        }
        return jars;
    }

    @Test
    void distributionHoldsWhatWasResolved() throws Exception {
        Map<String, VersionRange> resolved = resolved();
        var names = new TreeSet<String>();
        for (Jar jar : distribution().values()) {
            names.add(jar.getBsn());
            VersionRange range = resolved.get(jar.getBsn());
            assertTrue(
                    range != null && range.includes(org.osgi.framework.Version.parseVersion(jar.getVersion())),
                    jar.getBsn() + " " + jar.getVersion() + " is not among -runbundles");
        }
        assertEquals(resolved.keySet(), names);
    }

    @Test
    void featuresTogetherHoldWhatWasResolved() throws Exception {
        Map<String, Jar> jars = distribution();
        var names = new TreeSet<String>();
        try (var files = Files.newDirectoryStream(FEATURES, "*.json")) {
            for (Path file : files) {
                JsonObject feature =
                        JsonParser.parseString(Files.readString(file)).getAsJsonObject();
                String name = file.getFileName().toString().replace(".json", "");
                assertEquals(
                        "io.podlane:io.podlane.feature." + name + ":0.1.0",
                        feature.get("id").getAsString());
                for (var bundle : feature.getAsJsonArray("bundles")) {
                    String id = bundle.getAsJsonObject().get("id").getAsString();
                    String[] coordinates = id.split(":");
                    Jar jar = jars.get(coordinates[1]);
                    assertTrue(jar != null, name + ": the distribution has no " + id);
                    assertTrue(
                            jar.getVersion().startsWith(coordinates[2]), name + ": " + id + " is " + jar.getVersion());
                    names.add(jar.getBsn());
                }
            }
        }
        assertEquals(resolved().keySet(), names);
    }
}
