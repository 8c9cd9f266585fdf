// SPDX-License-Identifier: Apache-2.0
package io.podlane.lab;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Runs programs to their end. */
public final class Commands {
    private static final Duration LIMIT = Duration.ofSeconds(120);

    private Commands() {}

    /**
     * What a program left.
     *
     * @param status its exit status
     * @param out what it wrote to standard output
     * @param err what it wrote to standard error
     * @param took from its start to its end
     */
    public record Result(int status, String out, String err, Duration took) {
        public boolean ok() {
            return status == 0;
        }
    }

    /** Runs a program that must succeed; returns its output. */
    public static String run(String... command) {
        Result result = tryRun(command);
        if (!result.ok()) {
            throw new IllegalStateException(
                    String.join(" ", command) + ": exit status " + result.status + ": " + result.err + result.out);
        }
        return result.out;
    }

    /** Runs a program. */
    public static Result tryRun(String... command) {
        try {
            long start = System.nanoTime();
            Process process = new ProcessBuilder(List.of(command)).start();
            process.getOutputStream().close();
            var err = CompletableFuture.supplyAsync(() -> read(process.getErrorStream()));
            var out = CompletableFuture.supplyAsync(() -> read(process.getInputStream()));
            if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
                throw new IllegalStateException(
                        String.join(" ", command) + ": not ended after " + LIMIT + ": " + err.join() + out.join());
            }
            var took = Duration.ofNanos(System.nanoTime() - start);
            return new Result(process.exitValue(), out.join(), err.join(), took);
        } catch (IOException e) {
            throw new UncheckedIOException(String.join(" ", command), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    private static String read(InputStream in) {
        try {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
