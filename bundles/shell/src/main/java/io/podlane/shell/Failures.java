// SPDX-License-Identifier: Apache-2.0
package io.podlane.shell;

import java.lang.reflect.InvocationTargetException;

/** Turns what a command threw into what a person reads. */
final class Failures {
    private Failures() {}

    static String describe(Throwable thrown) {
        Throwable cause = thrown;
        while (cause instanceof InvocationTargetException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        if (cause.getClass().getSimpleName().equals("CommandNotFoundException")) {
            return cause.getMessage() + " (`podlane help` lists the commands)";
        }
        if (cause instanceof IllegalArgumentException
                && String.valueOf(cause.getMessage()).startsWith("Cannot coerce ")) {
            return "these are not the arguments that the command takes (`podlane help COMMAND` shows them): "
                    + cause.getMessage();
        }
        return cause.getMessage() == null ? cause.toString() : cause.getMessage();
    }
}
