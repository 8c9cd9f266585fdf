// SPDX-License-Identifier: Apache-2.0
package io.podlane.linux.bpf;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** How many CPUs there may ever be, which is how many values a per-CPU map has. */
final class Cpus {
    private static final Path POSSIBLE = Path.of("/sys/devices/system/cpu/possible");
    private static int possible;

    private Cpus() {}

    static synchronized int possible() {
        if (possible == 0) {
            possible = read();
        }
        return possible;
    }

    private static int read() {
        try {
            // Such as 0-3, or 0-3,8-11; the values are indexed by number, gaps included.
            String list = Files.readString(POSSIBLE).strip();
            String last = list.substring(Math.max(list.lastIndexOf('-'), list.lastIndexOf(',')) + 1);
            return Integer.parseInt(last) + 1;
        } catch (IOException e) {
            throw new UncheckedIOException("read " + POSSIBLE, e);
        }
    }
}
