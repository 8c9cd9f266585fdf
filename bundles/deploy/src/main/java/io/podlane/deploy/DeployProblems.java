// SPDX-License-Identifier: Apache-2.0
package io.podlane.deploy;

import java.util.Dictionary;
import java.util.HashMap;
import java.util.Hashtable;
import java.util.Map;
import java.util.Set;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceFactory;
import org.osgi.framework.ServiceRegistration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Shows problems in {@code podlane:status} as io.podlane.api.status.Problems does, without a tie to the API: by the name of
 * the service and its properties, which is what readers of problems look at.
 */
final class DeployProblems {
    private static final Logger LOG = LoggerFactory.getLogger(DeployProblems.class);

    private final BundleContext context;
    private final Map<String, ServiceRegistration<?>> reported = new HashMap<>();

    DeployProblems(BundleContext context) {
        this.context = context;
    }

    void report(String subject, String message) {
        var before = reported.get(subject);
        if (before != null && message.equals(before.getReference().getProperty(Health.PROBLEM_MESSAGE))) {
            return;
        }
        clear(subject);
        LOG.warn("{}: {}", subject, message);
        Dictionary<String, Object> properties = new Hashtable<>();
        properties.put(Health.PROBLEM_BUNDLE, context.getBundle().getSymbolicName());
        properties.put(Health.PROBLEM_SUBJECT, subject);
        properties.put(Health.PROBLEM_MESSAGE, message);
        reported.put(subject, context.registerService(Health.PROBLEM_SERVICE, new Nothing(), properties));
    }

    void clear(String subject) {
        var registration = reported.remove(subject);
        if (registration != null) {
            registration.unregister();
        }
    }

    /** Clears the problems of files that have gone. */
    void retain(Set<String> files) {
        for (String subject : Set.copyOf(reported.keySet())) {
            if (!files.contains(subject)) {
                clear(subject);
            }
        }
    }

    /** The properties say all; a factory alone may be registered under a class that we do not have. */
    private static final class Nothing implements ServiceFactory<Object> {
        @Override
        public Object getService(Bundle bundle, ServiceRegistration<Object> registration) {
            return null;
        }

        @Override
        public void ungetService(Bundle bundle, ServiceRegistration<Object> registration, Object service) {}
    }
}
