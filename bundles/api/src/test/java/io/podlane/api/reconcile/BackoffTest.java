// SPDX-License-Identifier: Apache-2.0
package io.podlane.api.reconcile;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class BackoffTest {
    private final Backoff backoff = new Backoff(Duration.ofSeconds(4), Duration.ofSeconds(30));

    @Test
    void waitsDoubleUpToTheLimit() {
        assertEquals(List.of(4L, 8L, 16L, 30L, 30L), seconds(5));
    }

    @Test
    void aSuccessStartsOver() {
        seconds(3);
        backoff.reset();
        assertEquals(List.of(4L, 8L), seconds(2));
    }

    private List<Long> seconds(int times) {
        return Stream.generate(backoff::next)
                .limit(times)
                .map(Duration::toSeconds)
                .toList();
    }
}
