// SPDX-License-Identifier: Apache-2.0
package io.podlane.tcx;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

final class DropReasonTest {
    private static final Pattern REASON = Pattern.compile("(?m)^ *DROP_(\\w+) = (\\d+), +/\\* (.*) \\*/$");

    @Test
    void reasonsAreThoseOfTheHeader() throws IOException {
        String header = Files.readString(Path.of("../../bpf/include/podlane/drop.h"));
        assertEquals(
                REASON.matcher(header)
                        .results()
                        .map(reason -> reason.group(1) + " " + reason.group(2) + " " + reason.group(3))
                        .toList(),
                Arrays.stream(DropReason.values())
                        .map(reason -> reason.name() + " " + reason.number() + " " + reason.meaning())
                        .toList());
        // Whatever the pattern does not match: the number of reasons itself, which is none.
        assertEquals(
                DropReason.values().length + 1,
                Pattern.compile("(?m)^ *DROP_\\w+ = ").matcher(header).results().count());
    }
}
