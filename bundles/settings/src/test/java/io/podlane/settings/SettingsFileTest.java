// SPDX-License-Identifier: Apache-2.0
package io.podlane.settings;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.StringReader;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingsFileTest {
    private static Map<String, Map<String, Object>> read(String text) throws IOException {
        return SettingsFile.read(new StringReader(text));
    }

    @Test
    void valuesHaveTheTypesOfTheConfigurator() throws Exception {
        var properties =
                read("""
                        // what the node needs
                        {
                          ":configurator:resource-version": 1,
                          "io.podlane.it": { "text": "a", "whole": 7, "part": 0.5, "on": true, "list": ["a", "b"] }
                        }
                        """)
                        .get("io.podlane.it");
        assertEquals("a", properties.get("text"));
        assertEquals(7L, properties.get("whole"));
        assertEquals(0.5, properties.get("part"));
        assertEquals(true, properties.get("on"));
        assertArrayEquals(new String[] {"a", "b"}, (String[]) properties.get("list"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "{\"a\": {}            | it ends in the middle",
                "                      | it ends in the middle",
                "{\"a\": 1}            | BEGIN_OBJECT",
                "[]                    | BEGIN_OBJECT",
                "{\"a\": {\"b\": {}}}  | $.a.b is neither",
                "{\"a\": {\"b\": [1, \"x\"]}} | $.a.b mixes types",
                "{\"a\": {}, \"a\": {}} | two objects $.a",
                "{\"a\": {}} {}        | more after the end",
                "{\"a\": {\"b\" 1}}    | line 1 column",
            })
    void whatIsWrongIsNamed(String text, String message) {
        String error = assertThrows(IOException.class, () -> read(text == null ? "" : text))
                .getMessage();
        assertTrue(error.contains(message), error);
    }
}
