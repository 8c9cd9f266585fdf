// SPDX-License-Identifier: Apache-2.0
package io.podlane.resolution;

import java.io.PrintWriter;
import java.io.StringWriter;

/** What a person needs of an exception. */
public final class RootCause {
    private static final String CAUSED_BY = "Caused by: ";

    private RootCause() {}

    public static String of(Throwable thrown) {
        var trace = new StringWriter();
        thrown.printStackTrace(new PrintWriter(trace));
        return of(trace.toString());
    }

    /**
     * The innermost message of a stack trace as text, with all of its lines, such as a verifier's log.
     */
    public static String of(String stackTrace) {
        int cause = stackTrace.lastIndexOf(CAUSED_BY);
        String text = cause < 0 ? stackTrace : stackTrace.substring(cause + CAUSED_BY.length());
        int trace = text.indexOf("\n\tat ");
        return (trace < 0 ? text : text.substring(0, trace)).strip();
    }
}
