// SPDX-License-Identifier: Apache-2.0
package io.podlane.linux.cgroup;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Where the cgroup v2 hierarchy is. */
public final class Cgroups {
    private static final Path MOUNTINFO = Path.of("/proc/self/mountinfo");

    private Cgroups() {}

    /** The folder where cgroup v2 is mounted, if it is. */
    public static Optional<Path> mount() {
        try {
            return mount(Files.readAllLines(MOUNTINFO));
        } catch (IOException e) {
            throw new UncheckedIOException("read " + MOUNTINFO, e);
        }
    }

    /** Of lines as proc_pid_mountinfo(5) has them: the fifth field is the place, the type comes after a lone dash. */
    static Optional<Path> mount(List<String> mountinfo) {
        return mountinfo.stream()
                .filter(line -> line.contains(" - cgroup2 "))
                .map(line -> Path.of(unescape(line.split(" ")[4])))
                .findFirst();
    }

    /** Blanks, tabs, newlines and backslashes stand as three octal digits. */
    private static String unescape(String field) {
        var text = new StringBuilder();
        for (int i = 0; i < field.length(); i++) {
            if (field.charAt(i) == '\\' && i + 3 < field.length()) {
                text.append((char) Integer.parseInt(field.substring(i + 1, i + 4), 8));
                i += 3;
            } else {
                text.append(field.charAt(i));
            }
        }
        return text.toString();
    }
}
