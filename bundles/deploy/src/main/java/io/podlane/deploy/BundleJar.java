// SPDX-License-Identifier: Apache-2.0
package io.podlane.deploy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import org.osgi.framework.Constants;
import org.osgi.framework.Version;

/** A bundle's jar, whole and readable. */
record BundleJar(Path path, String symbolicName, Version version) {
    private static final int BUFFER_BYTES = 16384;

    /**
     * Reads a jar to its end.
     *
     * @throws IOException if it is no jar, if a part is missing or damaged, or if it is not a bundle
     */
    static BundleJar read(Path path) throws IOException {
        // Opening a named pipe would wait for a writer, for ever, and every update with it.
        if (Files.exists(path) && !Files.isRegularFile(path)) {
            throw new IOException(path + " is no regular file");
        }
        try (JarFile jar = new JarFile(path.toFile(), false)) {
            Manifest manifest = jar.getManifest();
            String name =
                    manifest == null ? null : manifest.getMainAttributes().getValue(Constants.BUNDLE_SYMBOLICNAME);
            if (name == null) {
                throw new IOException(path + " is not a bundle: its manifest has no " + Constants.BUNDLE_SYMBOLICNAME);
            }
            String version = manifest.getMainAttributes().getValue(Constants.BUNDLE_VERSION);
            checkContent(path, jar);
            return new BundleJar(path, name.split(";")[0].strip(), Version.parseVersion(version));
        } catch (NoSuchFileException | java.io.FileNotFoundException e) {
            throw new IOException("no file " + path, e);
        } catch (ZipException e) {
            throw new IOException(path + " is not a whole jar: " + e.getMessage(), e);
        } catch (IllegalArgumentException e) {
            throw new IOException(path + ": " + e.getMessage(), e);
        }
    }

    private static void checkContent(Path path, JarFile jar) throws IOException {
        byte[] buffer = new byte[BUFFER_BYTES];
        for (var entries = jar.entries(); entries.hasMoreElements(); ) {
            ZipEntry entry = entries.nextElement();
            var checksum = new CRC32();
            try (InputStream in = jar.getInputStream(entry)) {
                for (int n; (n = in.read(buffer)) > 0; ) {
                    checksum.update(buffer, 0, n);
                }
            }
            if (entry.getCrc() != -1 && entry.getCrc() != checksum.getValue()) {
                throw new IOException(path + " is damaged: the checksum of " + entry.getName() + " is wrong");
            }
        }
    }

    InputStream open() throws IOException {
        return Files.newInputStream(path);
    }

    @Override
    public String toString() {
        return symbolicName + " " + version;
    }
}
