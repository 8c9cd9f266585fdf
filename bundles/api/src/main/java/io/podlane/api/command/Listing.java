// SPDX-License-Identifier: Apache-2.0
package io.podlane.api.command;

import java.util.List;

/**
 * What a list command returns: rows, and how the caller wants them. The shell prints it as an aligned table with a column
 * for each record component, or as JSON with a field for each.
 *
 * @param type the records' type, which names the columns also where there are no rows
 * @param rows the rows
 * @param format {@code table} or {@code json}, from the command's {@code -o} option
 */
public record Listing<R extends Record>(Class<R> type, List<R> rows, String format) {
    public Listing {
        rows = List.copyOf(rows);
        if (!format.equals("table") && !format.equals("json")) {
            throw new IllegalArgumentException("-o " + format + ": the formats are table and json");
        }
    }
}
