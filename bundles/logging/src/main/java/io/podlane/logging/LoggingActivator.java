// SPDX-License-Identifier: Apache-2.0
package io.podlane.logging;

import org.osgi.annotation.bundle.Header;
import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.slf4j.LoggerFactory;

/**
 * Sets logging up before anybody logs: the backend looks for its settings through the thread's class loader, and keeps the
 * process's standard error, which the shell runtime later replaces by that of whoever runs a command.
 */
@Header(name = Constants.BUNDLE_ACTIVATOR, value = "${@class}")
public final class LoggingActivator implements BundleActivator {
    @Override
    public void start(BundleContext context) {
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        thread.setContextClassLoader(LoggingActivator.class.getClassLoader());
        try {
            LoggerFactory.getILoggerFactory();
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    @Override
    public void stop(BundleContext context) {
        // Loggers live as long as their classes.
    }
}
