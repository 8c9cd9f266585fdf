// SPDX-License-Identifier: Apache-2.0
package io.podlane.launcher;

import org.apache.felix.framework.Logger;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleException;
import org.osgi.framework.ServiceReference;

/** The launcher's and the framework's own messages: one line each on standard error. */
final class Log extends Logger {
    static void error(String message, Throwable cause) {
        System.err.println("[launcher] ERROR " + message + (cause == null ? "" : ": " + describe(cause)));
    }

    static void info(String message) {
        System.err.println("[launcher] INFO " + message);
    }

    @Override
    @SuppressWarnings("rawtypes") // as the framework declares it
    protected void doLog(Bundle bundle, ServiceReference service, int level, String message, Throwable cause) {
        String text = (bundle == null ? "" : bundle.getSymbolicName() + ": ") + message;
        if (cause instanceof BundleException e && e.getType() == BundleException.RESOLVE_ERROR) {
            // Expected where the kernel lacks what a bundle is for.
            info(bundle + " does not resolve; podlane:status tells what it needs");
        } else if (level == LOG_ERROR) {
            error(text, cause);
        } else {
            System.err.println("[framework] " + text + (cause == null ? "" : ": " + describe(cause)));
        }
    }

    private static String describe(Throwable thrown) {
        Throwable cause = thrown;
        while (cause instanceof BundleException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause.getMessage() == null ? cause.toString() : cause.getMessage();
    }
}
