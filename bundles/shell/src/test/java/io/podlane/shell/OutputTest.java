// SPDX-License-Identifier: Apache-2.0
package io.podlane.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** How a command's result prints. */
class OutputTest {
    private record Backend(String address, int port, String state) {}

    private record Row(String name, int linkId, Optional<Path> pin, List<Backend> backends) {}

    private static final Row WEB = new Row(
            "web",
            7,
            Optional.of(Path.of("/p")),
            List.of(new Backend("10.0.0.1", 80, "ready"), new Backend("::1", 80, "")));
    private static final Row NONE = new Row("a longer name", 1234, Optional.empty(), List.of());

    @Test
    void tableHasAColumnForEachComponent() {
        assertEquals(
                """
                NAME           LINK ID  PIN  BACKENDS
                web            7        /p   10.0.0.1 80 ready, ::1 80 -
                a longer name  1234     -    -
                """,
                Table.of(Row.class, List.of(WEB, NONE)));
    }

    @Test
    void emptyTableStillHasItsHeading() {
        assertEquals("NAME  LINK ID  PIN  BACKENDS\n", Table.of(Row.class, List.of()));
    }

    @Test
    void detailsHaveALineForEachComponent() {
        assertEquals("name: web\nlinkId: 7\npin: /p\nbackends: 10.0.0.1 80 ready, ::1 80 -\n", Table.details(WEB));
    }

    @Test
    void jsonNestsRecordsAndLists() {
        assertEquals(
                "[{\"name\":\"web\",\"linkId\":7,\"pin\":\"/p\",\"backends\":["
                        + "{\"address\":\"10.0.0.1\",\"port\":80,\"state\":\"ready\"},"
                        + "{\"address\":\"::1\",\"port\":80,\"state\":\"\"}]},"
                        + "{\"name\":\"a longer name\",\"linkId\":1234,\"pin\":null,\"backends\":[]}]",
                Json.write(List.of(WEB, NONE)));
    }

    @Test
    void jsonOfMapsAndTextThatNeedsEscapes() {
        assertEquals("{\"a\":true,\"b\":\"\\\"<é>\\n\"}", Json.write(new TreeMap<>(Map.of("a", true, "b", "\"<é>\n"))));
    }
}
