// SPDX-License-Identifier: Apache-2.0
package io.podlane.shell;

import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Optional;

/** JSON of a command's result: a record becomes an object, a collection an array, any other value its text. */
final class Json {
    private Json() {}

    static String write(Object value) {
        var text = new StringWriter();
        try (var json = new JsonWriter(text)) {
            json.setHtmlSafe(false);
            write(value, json);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toString();
    }

    private static void write(Object value, JsonWriter json) throws IOException {
        if (value == null) {
            json.nullValue();
        } else if (value instanceof Optional<?> optional) {
            write(optional.orElse(null), json);
        } else if (value instanceof Number number) {
            json.value(number);
        } else if (value instanceof Boolean truth) {
            json.value(truth);
        } else if (value instanceof Record r) {
            json.beginObject();
            for (Field field : Field.of(r.getClass())) {
                json.name(field.name());
                write(field.get(r), json);
            }
            json.endObject();
        } else if (value instanceof Map<?, ?> map) {
            json.beginObject();
            for (var entry : map.entrySet()) {
                json.name(entry.getKey().toString());
                write(entry.getValue(), json);
            }
            json.endObject();
        } else if (value instanceof Iterable<?> values && !(value instanceof java.nio.file.Path)) {
            json.beginArray();
            for (Object element : values) {
                write(element, json);
            }
            json.endArray();
        } else {
            json.value(value.toString());
        }
    }
}
