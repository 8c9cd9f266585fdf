// SPDX-License-Identifier: Apache-2.0
package io.podlane.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A network namespace, held by a mount. Programs are run in it with nsenter, since {@code ip netns exec} hides bpffs. */
public final class Netns implements AutoCloseable {
    private final String name;
    private final Path path;

    Netns(String name, Path path) {
        this.name = name;
        this.path = path;
    }

    public String name() {
        return name;
    }

    /** The file that stands for it. */
    public Path path() {
        return path;
    }

    /** Runs a program in it that must succeed. */
    public String run(String... command) {
        return Commands.run(inside(command));
    }

    /** Runs a program in it. */
    public Commands.Result tryRun(String... command) {
        return Commands.tryRun(inside(command));
    }

    /** Starts a program in it; its standard error goes to this one's. */
    public Process start(String... command) {
        try {
            return new ProcessBuilder(inside(command))
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(String.join(" ", command), e);
        }
    }

    String[] inside(String... command) {
        var all = new ArrayList<>(List.of("nsenter", "--net=" + path));
        all.addAll(List.of(command));
        return all.toArray(String[]::new);
    }

    /** Lets go of it; the kernel removes it with the last process and device that uses it. */
    @Override
    public void close() {
        Commands.tryRun("umount", path.toString());
    }
}
