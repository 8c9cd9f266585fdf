// SPDX-License-Identifier: Apache-2.0
package io.podlane.linux.sysctl;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/** A kernel setting, of the network namespace of the current thread where it is one of those. */
public final class Sysctl {
    private static final Path ROOT = Path.of("/proc/sys");

    private Sysctl() {}

    /**
     * Reads a setting.
     *
     * @param path its parts below {@code /proc/sys}: {@code "net", "ipv4", "conf", "eth0.5", "rp_filter"}; parts, since
     *     names of devices may have dots and slashes stand between parts only
     * @return empty if this kernel has no such setting
     */
    public static Optional<String> read(String... path) {
        try {
            return Optional.of(Files.readString(file(path)).strip());
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException("read " + file(path), e);
        }
    }

    /**
     * Sets a setting.
     *
     * @throws UncheckedIOException if there is none, or the kernel refuses the value
     */
    public static void write(String value, String... path) {
        try {
            Files.writeString(file(path), value, StandardOpenOption.WRITE);
        } catch (IOException e) {
            throw new UncheckedIOException("write '" + value + "' to " + file(path), e);
        }
    }

    private static Path file(String... path) {
        Path file = ROOT.resolve(Path.of("", path)).normalize();
        if (!file.startsWith(ROOT)) {
            throw new IllegalArgumentException(String.join("/", path) + " leads out of " + ROOT);
        }
        return file;
    }
}
