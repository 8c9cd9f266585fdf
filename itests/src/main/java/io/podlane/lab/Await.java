// SPDX-License-Identifier: Apache-2.0
package io.podlane.lab;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Waits for a condition, with a deadline. */
public final class Await {
    private static final Duration STEP = Duration.ofMillis(10);
    /** The test kernel has no JIT and one CPU; what takes a second here takes several there. */
    private static final Duration DEADLINE = Duration.ofSeconds(30);

    private Await() {}

    /**
     * Waits until a condition holds.
     *
     * @param what what is awaited, for the error
     * @param seen what is seen instead, for the error
     */
    public static void until(String what, BooleanSupplier condition, Supplier<?> seen) {
        long end = System.nanoTime() + DEADLINE.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new AssertionError("not within " + DEADLINE + ": " + what + "; instead: " + seen.get());
            }
            LockSupport.parkNanos(STEP.toNanos());
        }
    }
}
