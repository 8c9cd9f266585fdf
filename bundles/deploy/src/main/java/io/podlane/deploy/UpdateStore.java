// SPDX-License-Identifier: Apache-2.0
package io.podlane.deploy;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Properties;
import org.osgi.framework.Bundle;

/**
 * What became of the distribution's bundles at run time: {@code <state-dir>/updates}, which the launcher reads at the next
 * start (its class Distribution tells the format).
 */
final class UpdateStore {
    private static final String DISTRIBUTION = "distribution:";

    private final Path folder;
    private final Path distribution;

    UpdateStore(Path stateDir, Path home) {
        folder = stateDir.resolve("updates");
        distribution = home.resolve("bundles");
    }

    boolean isOfDistribution(Bundle bundle) {
        return bundle.getLocation().startsWith(DISTRIBUTION);
    }

    /** The distribution's own jar of a bundle at a location. */
    Path original(String location) {
        return distribution.resolve(location.substring(DISTRIBUTION.length()));
    }

    /** Copies a jar to where it will be remembered, before anything is changed: a full disk shows here. */
    BundleJar prepare(BundleJar jar) throws IOException {
        Files.createDirectories(folder);
        Path copy = folder.resolve(jar.symbolicName() + ".jar.new");
        Files.copy(jar.path(), copy, StandardCopyOption.REPLACE_EXISTING);
        sync(copy);
        return new BundleJar(copy, jar.symbolicName(), jar.version());
    }

    /** Where to keep the running jar during an update. */
    Path rollback(String symbolicName) throws IOException {
        Files.createDirectories(folder);
        return folder.resolve(symbolicName + ".jar.old");
    }

    /** From now on, a restarted agent runs what was prepared. */
    void commit(Bundle bundle, BundleJar prepared) throws IOException {
        Path original = original(bundle.getLocation());
        if (Files.exists(original) && Files.mismatch(original, prepared.path()) == -1) {
            forget(bundle.getSymbolicName());
            return;
        }
        Path jar = folder.resolve(bundle.getSymbolicName() + ".jar");
        Files.move(prepared.path(), jar, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        Properties record = new Properties();
        record.setProperty("location", bundle.getLocation());
        record.setProperty("jar", jar.getFileName().toString());
        if (Files.exists(original)) {
            record.setProperty("base", sha256(original));
        }
        write(bundle.getSymbolicName(), record);
    }

    /** From now on, a restarted agent does without this bundle of the distribution. */
    void remove(Bundle bundle) throws IOException {
        Files.createDirectories(folder);
        Properties record = new Properties();
        record.setProperty("location", bundle.getLocation());
        write(bundle.getSymbolicName(), record);
        Files.deleteIfExists(folder.resolve(bundle.getSymbolicName() + ".jar"));
    }

    /** The location of a bundle of the distribution that was removed. */
    Optional<String> removed(String symbolicName) throws IOException {
        Properties record = read(symbolicName);
        return record.containsKey("jar") ? Optional.empty() : Optional.ofNullable(record.getProperty("location"));
    }

    /** From now on, a restarted agent runs the distribution's own jar. */
    void forget(String symbolicName) throws IOException {
        Files.deleteIfExists(folder.resolve(symbolicName + ".properties"));
        Files.deleteIfExists(folder.resolve(symbolicName + ".jar"));
    }

    private Properties read(String symbolicName) throws IOException {
        Properties record = new Properties();
        Path file = folder.resolve(symbolicName + ".properties");
        if (Files.exists(file)) {
            try (InputStream in = Files.newInputStream(file)) {
                record.load(in);
            }
        }
        return record;
    }

    private void write(String symbolicName, Properties record) throws IOException {
        Path unfinished = folder.resolve(symbolicName + ".properties.new");
        try (OutputStream out = Files.newOutputStream(unfinished)) {
            record.store(out, null);
        }
        sync(unfinished);
        Files.move(
                unfinished,
                folder.resolve(symbolicName + ".properties"),
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
    }

    private static void sync(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.force(true);
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
