// SPDX-License-Identifier: Apache-2.0
package io.podlane.shell;

import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.List;

/** A component of a record type, which need not be public. */
record Field(String name, Method accessor) {
    static List<Field> of(Class<?> recordType) {
        return Arrays.stream(recordType.getRecordComponents()).map(Field::of).toList();
    }

    private static Field of(RecordComponent component) {
        Method accessor = component.getAccessor();
        accessor.setAccessible(true);
        return new Field(component.getName(), accessor);
    }

    Object get(Record value) {
        try {
            return accessor.invoke(value);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("reading " + accessor, e);
        }
    }

    /** {@code linkId} reads {@code LINK ID} over a column. */
    String heading() {
        var heading = new StringBuilder();
        for (char c : name.toCharArray()) {
            if (Character.isUpperCase(c)) {
                heading.append(' ');
            }
            heading.append(Character.toUpperCase(c));
        }
        return heading.toString();
    }
}
