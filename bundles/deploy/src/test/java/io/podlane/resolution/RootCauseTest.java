// SPDX-License-Identifier: Apache-2.0
package io.podlane.resolution;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class RootCauseTest {
    @Test
    void innermostMessageCountsWithAllItsLines() {
        var cause = new IllegalStateException("load x: EACCES\n0: (b7) r0 = 0\nR1 !read_ok");
        assertEquals(
                "java.lang.IllegalStateException: load x: EACCES\n0: (b7) r0 = 0\nR1 !read_ok",
                RootCause.of(new RuntimeException("outer", new RuntimeException("middle", cause))));
    }

    @Test
    void exceptionWithoutACauseIsItsOwn() {
        assertEquals("java.lang.RuntimeException: alone", RootCause.of(new RuntimeException("alone")));
    }
}
