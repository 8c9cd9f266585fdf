// SPDX-License-Identifier: Apache-2.0
package io.podlane.api.status;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.osgi.framework.BundleContext;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.ServiceRegistration;

/**
 * The problems of one component. Reporting says how things are, so the same problem reported twice is there once, and one
 * solved must be cleared. All go when the bundle stops. Thread-safe.
 */
public final class Problems implements AutoCloseable {
    private final BundleContext context;
    private final Map<String, ServiceRegistration<Problem>> reported = new HashMap<>();

    public Problems(BundleContext context) {
        this.context = context;
    }

    /** The problems of the bundle that a class is in. */
    public static Problems of(Class<?> owner) {
        return new Problems(FrameworkUtil.getBundle(owner).getBundleContext());
    }

    /** Something is wrong with a subject; replaces what was said of it before. */
    public synchronized void report(String subject, String message) {
        var registration = reported.get(subject);
        if (registration != null) {
            if (message.equals(registration.getReference().getProperty(Problem.MESSAGE))) {
                return;
            }
            clear(subject);
        }
        String bundle = context.getBundle().getSymbolicName();
        var properties = new java.util.Hashtable<String, Object>(
                Map.of(Problem.BUNDLE, bundle, Problem.SUBJECT, subject, Problem.MESSAGE, message));
        reported.put(
                subject, context.registerService(Problem.class, new Problem(bundle, subject, message), properties));
    }

    /** Nothing is wrong with a subject, any more. */
    public synchronized void clear(String subject) {
        var registration = reported.remove(subject);
        if (registration != null) {
            try {
                registration.unregister();
            } catch (IllegalStateException gone) {
                // The bundle stopped meanwhile and took its services along.
            }
        }
    }

    /** Nothing is wrong but with these subjects. */
    public synchronized void retain(Set<String> subjects) {
        for (String subject : Set.copyOf(reported.keySet())) {
            if (!subjects.contains(subject)) {
                clear(subject);
            }
        }
    }

    /** Clears all. */
    @Override
    public void close() {
        retain(Set.of());
    }
}
