// SPDX-License-Identifier: Apache-2.0
package io.podlane.linux.bpf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class PinsTest {
    @ParameterizedTest
    @CsvSource({
        "io.podlane.tcx, io+podlane+tcx",
        "eth0.100, eth0+100",
        "a_b-C9, a_b-C9",
        "a+b, a%2Bb",
        "50%, 50%25",
        "a/b, a%2Fb",
        "käse, k%C3%A4se"
    })
    void aNameBecomesAFileNameThatBpffsTakesAndComesBackAsItWas(String name, String fileName) {
        assertEquals(fileName, Pins.escape(name));
        assertEquals(name, Pins.unescape(fileName));
    }

    @Test
    void namesOfTheDotFilesAreEscapedToo() {
        assertFalse(Pins.escape("..").contains("."));
        assertEquals("..", Pins.unescape(Pins.escape("..")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a.b", "a b", "%G1", "%2"})
    void whatEscapingNeverMakesIsNoName(String fileName) {
        assertThrows(IllegalArgumentException.class, () -> Pins.unescape(fileName));
    }
}
