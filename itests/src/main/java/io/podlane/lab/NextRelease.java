// SPDX-License-Identifier: Apache-2.0
package io.podlane.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;

/**
 * Makes the next release of a bundle out of this one: another version, and BPF objects with other bytes, so that the
 * update loads every program anew and swaps every link.
 */
public final class NextRelease {
    private NextRelease() {}

    /** A change of one file of a jar. */
    @FunctionalInterface
    public interface Change {
        /** The file's new content; the old one to leave it as it is. */
        byte[] apply(String path, byte[] content);
    }

    /** The jar of a bundle of ours, as built. */
    public static Path current(String bundle) {
        Path target = Lab.repository().resolve("bundles/" + bundle + "/target");
        try (var jars = Files.newDirectoryStream(target, "io.podlane." + bundle + "-[0-9]*[0-9].jar")) {
            for (Path jar : jars) {
                return jar;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        throw new IllegalStateException("no jar in " + target + "; run make build");
    }

    /** The next release of a bundle, the n-th. */
    public static Path of(Lab lab, String bundle, int n) {
        return make(lab, bundle, n, (path, content) -> content);
    }

    /** The next release, with a further change, for instance one that breaks it. */
    public static Path make(Lab lab, String bundle, int n, Change change) {
        Path next = lab.folder("releases").resolve("io.podlane." + bundle + "-0.1." + n + ".jar");
        try (var jar = new JarFile(current(bundle).toFile());
                var out = new JarOutputStream(Files.newOutputStream(next), manifest(jar, n, change))) {
            for (JarEntry entry : (Iterable<JarEntry>) jar.stream()::iterator) {
                if (entry.getName().equals(JarFile.MANIFEST_NAME) || entry.isDirectory()) {
                    continue;
                }
                byte[] content = jar.getInputStream(entry).readAllBytes();
                if (entry.getName().endsWith(".bpf.o")) {
                    // Bytes behind the last section are no part of the program, but of its identity.
                    byte[] longer = java.util.Arrays.copyOf(content, content.length + 8);
                    longer[content.length] = (byte) n;
                    longer[content.length + 1] = (byte) (n >> 8);
                    content = longer;
                }
                out.putNextEntry(new JarEntry(entry.getName()));
                out.write(change.apply(entry.getName(), content));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return next;
    }

    private static Manifest manifest(JarFile jar, int n, Change change) throws IOException {
        var manifest = new Manifest(jar.getManifest());
        manifest.getMainAttributes().put(new Attributes.Name("Bundle-Version"), "0.1." + n);
        var text = new java.io.ByteArrayOutputStream();
        manifest.write(text);
        return new Manifest(new java.io.ByteArrayInputStream(change.apply(JarFile.MANIFEST_NAME, text.toByteArray())));
    }
}
