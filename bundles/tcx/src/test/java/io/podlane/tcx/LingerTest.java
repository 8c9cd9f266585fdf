// SPDX-License-Identifier: Apache-2.0
package io.podlane.tcx;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class LingerTest {
    private static final Duration TEN = Duration.ofSeconds(10);
    private static final Path A = Path.of("a");
    private static final Path B = Path.of("b");

    private final Linger linger = new Linger();

    private static Instant second(long n) {
        return Instant.ofEpochSecond(n);
    }

    @Test
    void itIsDueWhenItHasLingeredWithoutABreak() {
        assertEquals(Set.of(), linger.due(Set.of(A), second(0), TEN));
        assertEquals(Set.of(), linger.due(Set.of(A, B), second(9), TEN));
        assertEquals(Set.of(A), linger.due(Set.of(A, B), second(10), TEN));
        assertEquals(Set.of(B), linger.due(Set.of(B), second(19), TEN));
    }

    @Test
    void beingWantedAgainRestartsTheClock() {
        linger.due(Set.of(A), second(0), TEN);
        linger.due(Set.of(), second(9), TEN);
        assertEquals(Set.of(), linger.due(Set.of(A), second(10), TEN));
        assertEquals(Set.of(A), linger.due(Set.of(A), second(20), TEN));
    }

    @Test
    void aShorterTimeAppliesAtOnce() {
        linger.due(Set.of(A), second(0), TEN);
        assertEquals(Set.of(A), linger.due(Set.of(A), second(1), Duration.ZERO));
    }
}
