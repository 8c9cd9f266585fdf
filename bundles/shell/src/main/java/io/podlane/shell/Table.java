// SPDX-License-Identifier: Apache-2.0
package io.podlane.shell;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.StringJoiner;

/** A command's result as aligned text. */
final class Table {
    private Table() {}

    /** A heading and a line for each record, columns two spaces apart. */
    static String of(Class<? extends Record> type, List<? extends Record> rows) {
        List<Field> fields = Field.of(type);
        List<List<String>> lines = new ArrayList<>();
        lines.add(fields.stream().map(Field::heading).toList());
        for (Record row : rows) {
            lines.add(fields.stream().map(c -> cell(c.get(row))).toList());
        }
        int[] widths = new int[fields.size()];
        for (List<String> line : lines) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], line.get(i).length());
            }
        }
        var text = new StringBuilder();
        for (List<String> line : lines) {
            var formatted = new StringBuilder();
            for (int i = 0; i < widths.length; i++) {
                String cell = line.get(i);
                formatted.append(cell).append(" ".repeat(widths[i] - cell.length() + 2));
            }
            text.append(formatted.toString().stripTrailing()).append('\n');
        }
        return text.toString();
    }

    /** A line for each component of one record. */
    static String details(Record value) {
        var text = new StringBuilder();
        for (Field field : Field.of(value.getClass())) {
            text.append(field.name())
                    .append(": ")
                    .append(cell(field.get(value)))
                    .append('\n');
        }
        return text.toString();
    }

    /** Collections are joined by commas, the parts of a record inside a cell by spaces; what is empty shows as a dash. */
    private static String cell(Object value) {
        String text = plain(value);
        return text.isEmpty() ? "-" : text.replace('\n', ' ');
    }

    private static String plain(Object value) {
        if (value == null) {
            return "";
        }
        if (value instanceof Optional<?> optional) {
            return plain(optional.orElse(null));
        }
        var joined = new StringJoiner(value instanceof Record ? " " : ", ");
        if (value instanceof Record r) {
            Field.of(r.getClass()).forEach(c -> joined.add(cell(c.get(r))));
        } else if (value instanceof Map<?, ?> map) {
            map.forEach((k, v) -> joined.add(k + "=" + plain(v)));
        } else if (value instanceof Iterable<?> values && !(value instanceof Path)) {
            values.forEach(v -> joined.add(plain(v)));
        } else {
            return value.toString();
        }
        return joined.toString();
    }
}
