// SPDX-License-Identifier: Apache-2.0
package io.podlane.launcher;

import aQute.bnd.osgi.Builder;
import aQute.bnd.osgi.Jar;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.Manifest;

/** Makes small bundles out of the packages io.podlane.testbundles.*, and other versions of real ones. */
final class TestBundle {
    private TestBundle() {}

    /** A bundle {@code test.NAME} with one of the packages, and more instructions for bnd as {@code key=value}. */
    static Path make(Path folder, String name, String version, String content, String... instructions) {
        try (Builder builder = new Builder()) {
            builder.setClasspath(new File[] {new File("target/test-classes")});
            builder.setProperty("Bundle-SymbolicName", "test." + name);
            builder.setProperty("Bundle-Version", version);
            builder.setProperty("-includepackage", "io.podlane.testbundles." + content);
            builder.setProperty("-noclassforname", "true");
            for (String instruction : instructions) {
                String[] parts = instruction.split("=", 2);
                builder.setProperty(parts[0], parts[1]);
            }
            Jar jar = builder.build();
            if (!builder.isOk()) {
                throw new IllegalStateException(builder.getErrors().toString());
            }
            return write(jar, folder.resolve("test." + name + "-" + version + ".jar"));
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** Another version of a bundle of the distribution, with headers as {@code key=value} that replace or join its own. */
    static Path release(Path folder, String symbolicName, String version, String... headers) {
        try (Jar jar = new Jar(Agent.DISTRIBUTION
                .resolve("bundles")
                .resolve(symbolicName + ".jar")
                .toFile())) {
            Manifest manifest = jar.getManifest();
            manifest.getMainAttributes().putValue("Bundle-Version", version);
            for (String header : headers) {
                String[] parts = header.split("=", 2);
                String before = manifest.getMainAttributes().getValue(parts[0]);
                manifest.getMainAttributes().putValue(parts[0], before == null ? parts[1] : before + "," + parts[1]);
            }
            return write(jar, folder.resolve(symbolicName + "-" + version + ".jar"));
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** The same jar with another header, also one that bnd would refuse. */
    static Path withHeader(Path file, String header, String value) {
        try (Jar jar = new Jar(file.toFile())) {
            jar.getManifest().getMainAttributes().putValue(header, value);
            return write(jar, file.resolveSibling("changed-" + file.getFileName()));
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static Path write(Jar jar, Path file) throws Exception {
        Files.createDirectories(file.getParent());
        jar.write(file.toFile());
        return file;
    }
}
