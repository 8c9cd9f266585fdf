// SPDX-License-Identifier: Apache-2.0
package io.podlane.observe;

import io.podlane.api.command.Details;
import io.podlane.api.node.NodeConfig;
import io.podlane.api.status.Problem;
import io.podlane.observe.Status.BundleStatus;
import io.podlane.observe.Status.ProblemStatus;
import io.podlane.resolution.RootCause;
import io.podlane.resolution.UnmetRequirement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.apache.felix.service.command.Descriptor;
import org.apache.felix.service.command.Parameter;
import org.apache.felix.service.command.annotations.GogoCommand;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.startlevel.BundleStartLevel;
import org.osgi.framework.wiring.BundleRevision;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.runtime.ServiceComponentRuntime;
import org.osgi.service.component.runtime.dto.ComponentConfigurationDTO;

/** {@code podlane:status}: what is wrong, and what to do. */
@Component(service = StatusCommands.class)
@GogoCommand(scope = "podlane", function = "status")
public final class StatusCommands {
    private final BundleContext context;
    private final ServiceComponentRuntime components;

    @Activate
    public StatusCommands(BundleContext context, @Reference ServiceComponentRuntime components) {
        this.context = context;
        this.components = components;
    }

    @Descriptor("shows whether all works, and what is wrong")
    public Object status(
            @Descriptor("the format, table or json") @Parameter(names = "-o", absentValue = "table") String format) {
        Status status = read();
        return format.equals("table") ? status.text() : new Details<>(status, format);
    }

    Status read() {
        List<BundleStatus> bundles = new ArrayList<>();
        List<ProblemStatus> problems = new ArrayList<>();
        for (Bundle bundle : context.getBundles()) {
            if (bundle.getBundleId() != 0) {
                addIfThere(bundle, bundles, problems);
            }
        }
        addFailedComponents(problems);
        addReported(problems);
        bundles.sort(Comparator.comparing(BundleStatus::name));
        return new Status(
                problems.isEmpty() ? "ready" : "degraded",
                context.getProperty(NodeConfig.NAME),
                System.getProperty("os.version"),
                kernelFeatures(),
                List.copyOf(bundles),
                List.copyOf(problems));
    }

    private List<String> kernelFeatures() {
        return context
                .getBundle(0)
                .adapt(BundleRevision.class)
                .getDeclaredCapabilities(UnmetRequirement.KERNEL_NAMESPACE)
                .stream()
                .map(capability -> capability.getAttributes().get("feature"))
                .filter(String.class::isInstance)
                .map(String.class::cast)
                .sorted()
                .toList();
    }

    /** A bundle may be uninstalled while it is looked at; it is then no bundle to tell of. */
    private void addIfThere(Bundle bundle, List<BundleStatus> bundles, List<ProblemStatus> problems) {
        try {
            add(bundle, bundles, problems);
        } catch (IllegalStateException e) {
            if (bundle.getState() != Bundle.UNINSTALLED) {
                throw e;
            }
        }
    }

    private void add(Bundle bundle, List<BundleStatus> bundles, List<ProblemStatus> problems) {
        String state =
                switch (bundle.getState()) {
                    case Bundle.ACTIVE -> "ACTIVE";
                    case Bundle.STARTING -> isLazy(bundle) ? "ACTIVE" : "STARTING";
                    case Bundle.STOPPING -> "STOPPING";
                    case Bundle.RESOLVED -> "RESOLVED";
                    default -> "INSTALLED";
                };
        String reason = "";
        boolean wrong = false;
        if (state.equals("INSTALLED")) {
            Optional<UnmetRequirement> unmet = UnmetRequirement.of(bundle, context);
            reason = unmet.map(u -> u.describe(bundle))
                    .orElse("the bundles that it needs do not fit together; `podlane felix:resolve "
                            + bundle.getBundleId() + "` tells more");
            wrong = !unmet.map(UnmetRequirement::isKernelFeature).orElse(false);
        } else if (state.equals("RESOLVED") && !isFragment(bundle)) {
            wrong = bundle.adapt(BundleStartLevel.class).isPersistentlyStarted();
            reason = wrong ? "did not start; the agent's log tells why" : "stopped";
        }
        bundles.add(
                new BundleStatus(bundle.getSymbolicName(), bundle.getVersion().toString(), state, reason));
        if (wrong) {
            problems.add(new ProblemStatus(bundle.getSymbolicName(), "bundle does not run", reason));
        }
    }

    private static boolean isLazy(Bundle bundle) {
        return bundle.adapt(BundleStartLevel.class).isActivationPolicyUsed()
                && bundle.getHeaders("").get(Constants.BUNDLE_ACTIVATIONPOLICY) != null;
    }

    private static boolean isFragment(Bundle bundle) {
        return bundle.getHeaders("").get(Constants.FRAGMENT_HOST) != null;
    }

    private void addFailedComponents(List<ProblemStatus> problems) {
        for (var description : components.getComponentDescriptionDTOs()) {
            for (var configuration : components.getComponentConfigurationDTOs(description)) {
                if (configuration.state == ComponentConfigurationDTO.FAILED_ACTIVATION) {
                    problems.add(new ProblemStatus(
                            description.bundle.symbolicName, description.name, RootCause.of(configuration.failure)));
                } else if (configuration.state == ComponentConfigurationDTO.UNSATISFIED_REFERENCE) {
                    problems.add(new ProblemStatus(
                            description.bundle.symbolicName,
                            description.name,
                            "waits for "
                                    + Arrays.stream(configuration.unsatisfiedReferences)
                                            .map(r -> Arrays.stream(description.references)
                                                            .filter(d -> d.name.equals(r.name))
                                                            .map(d -> d.interfaceName)
                                                            .findFirst()
                                                            .orElse(r.name)
                                                    + (r.target == null || r.target.isEmpty() ? "" : " " + r.target))
                                            .reduce((a, b) -> a + ", " + b)
                                            .orElse("a service")));
                }
            }
        }
    }

    /** By name and text properties, so that a bundle wired to another version of the API is heard as well. */
    private void addReported(List<ProblemStatus> problems) {
        try {
            ServiceReference<?>[] references = context.getAllServiceReferences(Problem.class.getName(), null);
            if (references != null) {
                for (ServiceReference<?> reference : references) {
                    problems.add(new ProblemStatus(
                            String.valueOf(reference.getProperty(Problem.BUNDLE)),
                            String.valueOf(reference.getProperty(Problem.SUBJECT)),
                            String.valueOf(reference.getProperty(Problem.MESSAGE))));
                }
            }
        } catch (InvalidSyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
