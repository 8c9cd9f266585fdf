// SPDX-License-Identifier: Apache-2.0
package io.podlane.launcher;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.jar.JarFile;
import org.osgi.framework.Constants;
import org.osgi.framework.Version;

/**
 * The jars to run: those of the distribution's {@code bundles} folder, except where an update or a removal at run time
 * stands in the state folder's {@code updates}. There {@code NAME.properties} has {@code location}, the distribution's jar
 * it is about; {@code base}, that jar's SHA-256; and {@code jar}, the file beside it to run instead, absent for a removal.
 * <p>
 * An upgrade of the distribution ends an update of the same or an older version: the newer distribution was chosen after
 * it. A removal stays until the bundle is installed again.
 */
final class Distribution {
    static final String LOCATION_PREFIX = "distribution:";

    private final Path bundles;
    private final Path updates;

    Distribution(Path home, Path stateDir) {
        bundles = home.resolve("bundles");
        updates = stateDir.resolve("updates");
    }

    /** The jars by bundle location. */
    Map<String, Path> jars() throws IOException {
        Map<String, Path> jars = new TreeMap<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(bundles, "*.jar")) {
            for (Path file : files) {
                jars.put(LOCATION_PREFIX + file.getFileName(), file);
            }
        }
        if (Files.isDirectory(updates)) {
            try (DirectoryStream<Path> records = Files.newDirectoryStream(updates, "*.properties")) {
                for (Path record : records) {
                    applyUpdate(record, jars);
                }
            }
        }
        return jars;
    }

    private void applyUpdate(Path recordFile, Map<String, Path> jars) throws IOException {
        Properties record = read(recordFile);
        String location = record.getProperty("location", "");
        Path original = jars.get(location);
        if (original == null) {
            return;
        }
        String jar = record.getProperty("jar");
        if (jar == null) {
            jars.remove(location);
            return;
        }
        Path update = updates.resolve(jar);
        if (!Files.isRegularFile(update)) {
            Log.error(recordFile + " names " + update + ", which is not there; the distribution's jar runs", null);
        } else if (sha256(original).equals(record.getProperty("base"))
                || version(update).compareTo(version(original)) > 0) {
            jars.put(location, update);
        } else {
            Log.info("the distribution was upgraded, which ends the update of " + original.getFileName());
            Files.deleteIfExists(recordFile);
            Files.deleteIfExists(update);
        }
    }

    static Properties read(Path file) throws IOException {
        Properties properties = new Properties();
        try (InputStream in = Files.newInputStream(file)) {
            properties.load(in);
        } catch (NoSuchFileException none) {
            return properties;
        } catch (IllegalArgumentException malformed) {
            throw new IOException(file + ": " + malformed.getMessage(), malformed);
        }
        return properties;
    }

    private static Version version(Path jar) throws IOException {
        try (JarFile file = new JarFile(jar.toFile(), false)) {
            return Version.parseVersion(file.getManifest().getMainAttributes().getValue(Constants.BUNDLE_VERSION));
        }
    }

    private static String sha256(Path file) throws IOException {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
