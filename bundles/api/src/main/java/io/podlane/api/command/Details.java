// SPDX-License-Identifier: Apache-2.0
package io.podlane.api.command;

/**
 * What a command returns that shows one thing: the shell prints a line for each record component, or a JSON object with a
 * field for each.
 *
 * @param value the thing; its components may be records and lists again
 * @param format {@code table} or {@code json}, from the command's {@code -o} option
 */
public record Details<R extends Record>(R value, String format) {
    public Details {
        if (!format.equals("table") && !format.equals("json")) {
            throw new IllegalArgumentException("-o " + format + ": the formats are table and json");
        }
    }
}
