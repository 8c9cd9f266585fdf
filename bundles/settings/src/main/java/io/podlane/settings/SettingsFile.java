// SPDX-License-Identifier: Apache-2.0
package io.podlane.settings;

import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.MalformedJsonException;
import java.io.EOFException;
import java.io.IOException;
import java.io.Reader;
import java.lang.reflect.Array;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads the JSON of the OSGi Configurator (Compendium chapter 150): an object of PIDs, {@code FACTORY~NAME} for factories,
 * each an object of properties. Comments are allowed; keys that begin with a colon are the Configurator's own and skipped.
 */
final class SettingsFile {
    private SettingsFile() {}

    /**
     * Reads the properties of each PID.
     *
     * @throws IOException with line and column of what is wrong
     */
    static Map<String, Map<String, Object>> read(Reader text) throws IOException {
        Map<String, Map<String, Object>> settings = new LinkedHashMap<>();
        try (JsonReader json = new JsonReader(text)) {
            // The format allows comments.
            json.setStrictness(com.google.gson.Strictness.LENIENT);
            json.beginObject();
            while (json.hasNext()) {
                String pid = json.nextName();
                if (pid.startsWith(":")) {
                    json.skipValue();
                } else if (settings.put(pid, properties(json)) != null) {
                    throw new IOException("two objects " + json.getPath());
                }
            }
            json.endObject();
            if (json.peek() != JsonToken.END_DOCUMENT) {
                throw new IOException("more after the end of the object");
            }
            return settings;
        } catch (EOFException e) {
            throw new IOException("it ends in the middle", e);
        } catch (MalformedJsonException | IllegalStateException | NumberFormatException e) {
            throw new IOException(e.getMessage().lines().findFirst().orElse("malformed"), e);
        }
    }

    private static Map<String, Object> properties(JsonReader json) throws IOException {
        Map<String, Object> properties = new LinkedHashMap<>();
        json.beginObject();
        while (json.hasNext()) {
            String name = json.nextName();
            if (name.startsWith(":")) {
                json.skipValue();
            } else {
                properties.put(name, value(json));
            }
        }
        json.endObject();
        return properties;
    }

    private static Object value(JsonReader json) throws IOException {
        return switch (json.peek()) {
            case STRING -> json.nextString();
            case BOOLEAN -> json.nextBoolean();
            case NUMBER -> number(json.nextString());
            case BEGIN_ARRAY -> array(json);
            default ->
                throw new IOException(
                        json.getPath() + " is neither text, number, truth value nor an array of one of them");
        };
    }

    /** As the specification says: whole numbers are Long, others Double. */
    private static Object number(String text) {
        try {
            return Long.valueOf(text);
        } catch (NumberFormatException e) {
            return new BigDecimal(text).doubleValue();
        }
    }

    private static Object array(JsonReader json) throws IOException {
        List<Object> values = new ArrayList<>();
        String path = json.getPath();
        json.beginArray();
        while (json.hasNext()) {
            values.add(value(json));
        }
        json.endArray();
        Class<?> type = values.isEmpty() ? String.class : values.get(0).getClass();
        Object array = Array.newInstance(type, values.size());
        for (int i = 0; i < values.size(); i++) {
            if (!type.isInstance(values.get(i))) {
                throw new IOException(path + " mixes types");
            }
            Array.set(array, i, values.get(i));
        }
        return array;
    }
}
