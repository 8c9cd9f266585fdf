// SPDX-License-Identifier: Apache-2.0
package io.podlane.observe;

import io.podlane.api.status.Purgeable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.apache.felix.service.command.Descriptor;
import org.apache.felix.service.command.annotations.GogoCommand;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceReference;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code podlane:purge}: nothing of ours stays in the kernel, and the agent ends. */
@Component(service = PurgeCommand.class)
@GogoCommand(scope = "podlane", function = "purge")
public final class PurgeCommand {
    private static final Logger LOG = LoggerFactory.getLogger(PurgeCommand.class);

    private final BundleContext context;

    @Activate
    public PurgeCommand(BundleContext context) {
        this.context = context;
    }

    @Descriptor("removes every program, map, device and setting of Podlane from the kernel, and ends the agent")
    public String purge() {
        List<String> failures = purgeAll();
        stopFramework();
        if (!failures.isEmpty()) {
            throw new IllegalStateException("not everything could be removed: " + String.join("; ", failures));
        }
        return "purged; the agent ends";
    }

    private List<String> purgeAll() {
        List<String> failures = new ArrayList<>();
        List<Purgeable> parts = new ArrayList<>();
        List<ServiceReference<Purgeable>> references;
        try {
            references = List.copyOf(context.getServiceReferences(Purgeable.class, null));
        } catch (InvalidSyntaxException e) {
            throw new IllegalStateException(e);
        }
        for (ServiceReference<Purgeable> reference : references) {
            Purgeable part = context.getService(reference);
            if (part != null) {
                parts.add(part);
            }
        }
        parts.sort(Comparator.comparingInt(Purgeable::order));
        for (Purgeable part : parts) {
            try {
                part.purge();
            } catch (Exception e) {
                LOG.warn("purge: {}", e.toString());
                failures.add(e.getMessage() == null ? e.toString() : e.getMessage());
            }
        }
        return failures;
    }

    /** The system bundle stops on a thread of its own, so this command still gives its answer. */
    private void stopFramework() {
        try {
            context.getBundle(0).stop();
        } catch (BundleException e) {
            throw new IllegalStateException("the agent could not be ended: " + e.getMessage(), e);
        }
    }
}
