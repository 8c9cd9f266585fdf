// SPDX-License-Identifier: Apache-2.0
package io.podlane.manifests;

import java.util.List;
import java.util.Map;

/** A YAML value and the line, counted from 1, where it begins. */
sealed interface Yaml {
    int line();

    /** What a message calls it. */
    String shown();

    /** A list. */
    record Sequence(List<Yaml> items, int line) implements Yaml {
        @Override
        public String shown() {
            return "a list";
        }
    }

    /**
     * A mapping.
     *
     * @param repeated a key that stands in it more than once, or null
     */
    record Mapping(Map<String, Yaml> entries, String repeated, int line) implements Yaml {
        @Override
        public String shown() {
            return "a mapping";
        }
    }

    /**
     * A scalar.
     *
     * @param plain whether its type is to be guessed from its text, because neither quotes nor a tag make it a string
     */
    record Scalar(String text, boolean plain, int line) implements Yaml {
        private static final int LONGEST_SHOWN = 60;

        /** What a plain scalar is, as Kubernetes' own parser (YAML 1.1) sees it. */
        enum Type {
            NULL,
            BOOLEAN,
            NUMBER,
            STRING
        }

        Type type() {
            if (!plain) {
                return Type.STRING;
            }
            return switch (text) {
                case "", "~", "null", "Null", "NULL" -> Type.NULL;
                case "true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON" -> Type.BOOLEAN;
                case "false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF" -> Type.BOOLEAN;
                case ".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN" -> Type.NUMBER;
                default -> isNumber() ? Type.NUMBER : Type.STRING;
            };
        }

        boolean isTrue() {
            return "tTyY".indexOf(text.charAt(0)) >= 0 || text.equalsIgnoreCase("on");
        }

        private boolean isNumber() {
            if (isDecimal()) {
                return true;
            }
            char first = text.charAt(0);
            char last = text.charAt(text.length() - 1);
            if ("+-.0123456789".indexOf(first) < 0 || text.indexOf(':') >= 0) {
                return false;
            }
            if (text.startsWith("0x") || text.startsWith("0o")) {
                return text.length() > 2 && text.chars().skip(2).allMatch(c -> Character.digit(c, 16) >= 0);
            }
            if ("fFdD".indexOf(last) >= 0) {
                return false; // Java reads these as floating point numbers, YAML does not.
            }
            try {
                Double.parseDouble(text);
                return true;
            } catch (NumberFormatException no) {
                return false;
            }
        }

        /** Whether it is digits and nothing else. */
        boolean isDecimal() {
            for (int i = 0; i < text.length(); i++) {
                if (text.charAt(i) < '0' || text.charAt(i) > '9') {
                    return false;
                }
            }
            return true;
        }

        @Override
        public String shown() {
            String some = text.length() <= LONGEST_SHOWN ? text : text.substring(0, LONGEST_SHOWN) + "…";
            return switch (type()) {
                case NULL -> "nothing";
                case STRING -> '"' + some + '"';
                default -> some;
            };
        }
    }
}
