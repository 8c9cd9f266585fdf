// SPDX-License-Identifier: Apache-2.0
package io.podlane.deploy;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The jars of the hot-deploy folder {@code <state-dir>/deploy} that were taken in, which outlives a restart. Of two files
 * with the same symbolic name, the later one owns the bundle. Not thread-safe; used in turn.
 */
final class DeployedFiles {
    private final Path folder;
    private final Path recordFile;
    /** {@code file NAME} to fingerprint; {@code owner SYMBOLIC-NAME} to file name. */
    private final Properties record = new Properties();

    DeployedFiles(Path stateDir) {
        folder = stateDir.resolve("deploy");
        recordFile = stateDir.resolve("deployed.properties");
    }

    Path folder() {
        return folder;
    }

    /**
     * Makes the folder if need be.
     *
     * @throws IOException also when others may write into the folder: they would run code as root
     */
    void open() throws IOException {
        Files.createDirectories(
                folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        checkPermissions();
    }

    /** Reads what is known by now; another version of this bundle may have written it. */
    void load() throws IOException {
        record.clear();
        if (Files.exists(recordFile)) {
            try (InputStream in = Files.newInputStream(recordFile)) {
                record.load(in);
            }
        }
    }

    void checkPermissions() throws IOException {
        if (Files.getPosixFilePermissions(folder).contains(PosixFilePermission.OTHERS_WRITE)) {
            throw new IOException(
                    folder + " is writable by everybody, so nothing is deployed from it; run: chmod 700 " + folder);
        }
    }

    /** The names of the jars that are there. */
    Set<String> present() throws IOException {
        try (Stream<Path> paths = Files.list(folder)) {
            return paths.map(path -> path.getFileName().toString())
                    .filter(name -> name.endsWith(".jar") && !name.startsWith("."))
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }

    /** The names of the jars that were taken in. */
    Set<String> known() {
        return names("file ");
    }

    private Set<String> owned() {
        return names("owner ");
    }

    private Set<String> names(String prefix) {
        return record.stringPropertyNames().stream()
                .filter(key -> key.startsWith(prefix))
                .map(key -> key.substring(prefix.length()))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** What tells one content of a file from another. */
    String fingerprint(String file) throws IOException {
        var attributes = Files.readAttributes(folder.resolve(file), BasicFileAttributes.class);
        return attributes.size() + " " + attributes.lastModifiedTime() + " " + attributes.fileKey();
    }

    boolean isKnown(String file, String fingerprint) {
        return fingerprint.equals(record.getProperty("file " + file));
    }

    void remember(String file, String fingerprint, String symbolicName) throws IOException {
        record.setProperty("file " + file, fingerprint);
        record.setProperty("owner " + symbolicName, file);
        write();
    }

    /** The symbolic name of the bundle that a file owns. */
    Optional<String> bundleOf(String file) {
        return owned().stream()
                .filter(name -> file.equals(record.getProperty("owner " + name)))
                .findFirst();
    }

    /** A file has gone. Returns the symbolic name of the bundle that it owned. */
    Optional<String> forget(String file) throws IOException {
        record.remove("file " + file);
        Optional<String> bundle = bundleOf(file);
        bundle.ifPresent(name -> record.remove("owner " + name));
        write();
        return bundle;
    }

    /** A bundle no longer goes with its file. */
    void disown(String symbolicName) throws IOException {
        if (record.remove("owner " + symbolicName) != null) {
            write();
        }
    }

    /** A bundle that came from here was updated otherwise: then its file must be the new one. */
    void replaceOwned(String symbolicName, Path jar) throws IOException {
        String file = record.getProperty("owner " + symbolicName, symbolicName + ".jar");
        Path copy = folder.resolve("." + file);
        Files.copy(jar, copy, StandardCopyOption.REPLACE_EXISTING);
        Files.move(copy, folder.resolve(file), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        remember(file, fingerprint(file), symbolicName);
    }

    /** A bundle that came from here was removed otherwise. */
    void deleteOwned(String symbolicName) throws IOException {
        String file = record.getProperty("owner " + symbolicName);
        if (file != null) {
            Files.deleteIfExists(folder.resolve(file));
            forget(file);
        }
    }

    private void write() throws IOException {
        Path unfinished = recordFile.resolveSibling(recordFile.getFileName() + ".new");
        try (OutputStream out = Files.newOutputStream(unfinished)) {
            record.store(out, null);
        }
        Files.move(unfinished, recordFile, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
