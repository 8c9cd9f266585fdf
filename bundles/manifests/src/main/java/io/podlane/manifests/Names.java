// SPDX-License-Identifier: Apache-2.0
package io.podlane.manifests;

/** The forms of names that Kubernetes allows (apimachinery, pkg/util/validation). */
final class Names {
    static final String LABEL = "lower-case letters, digits and '-', at most 63, a letter or digit at both ends";
    static final String SERVICE = LABEL + ", the first a letter";
    static final String SUBDOMAIN =
            "lower-case letters, digits, '-' and '.', at most 253, a letter or digit at both ends of each part";
    static final String PORT =
            "lower-case letters, digits and '-', at most 15, at least one letter, no '-' at an end or beside another";

    private Names() {}

    /** RFC 1123. */
    static boolean isLabel(String name) {
        return name.length() <= 63 && isPart(name, 0, name.length());
    }

    /** RFC 1035. */
    static boolean isService(String name) {
        return isLabel(name) && isLetter(name.charAt(0));
    }

    /** RFC 1123. */
    static boolean isSubdomain(String name) {
        if (name.length() > 253) {
            return false;
        }
        for (int from = 0; ; ) {
            int dot = name.indexOf('.', from);
            if (!isPart(name, from, dot < 0 ? name.length() : dot)) {
                return false;
            }
            if (dot < 0) {
                return true;
            }
            from = dot + 1;
        }
    }

    /** RFC 6335: the name of a container's port. */
    static boolean isPort(String name) {
        return name.length() <= 15
                && isPart(name, 0, name.length())
                && !name.contains("--")
                && name.chars().anyMatch(Names::isLetter);
    }

    private static boolean isPart(String name, int from, int to) {
        if (from == to || name.charAt(from) == '-' || name.charAt(to - 1) == '-') {
            return false;
        }
        for (int i = from; i < to; i++) {
            char c = name.charAt(i);
            if (!isLetter(c) && (c < '0' || c > '9') && c != '-') {
                return false;
            }
        }
        return true;
    }

    private static boolean isLetter(int c) {
        return c >= 'a' && c <= 'z';
    }
}
