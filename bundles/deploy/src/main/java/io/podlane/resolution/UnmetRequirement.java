// SPDX-License-Identifier: Apache-2.0
package io.podlane.resolution;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.framework.namespace.PackageNamespace;
import org.osgi.framework.wiring.BundleCapability;
import org.osgi.framework.wiring.BundleRequirement;
import org.osgi.framework.wiring.BundleRevision;
import org.osgi.resource.Namespace;

/**
 * Why a bundle does not resolve.
 *
 * @param bundle the bundle that has the requirement: the one asked about, or one it needs
 * @param requirement what no bundle and not the kernel provides
 * @param others what is provided under that name, but does not match
 */
public record UnmetRequirement(Bundle bundle, BundleRequirement requirement, List<BundleCapability> others) {
    public static final String KERNEL_NAMESPACE = "linux.kernel";

    /** The first requirement that keeps a bundle from resolving; empty if each has a provider of its own. */
    public static Optional<UnmetRequirement> of(Bundle bundle, BundleContext context) {
        return find(bundle, context.getBundles(), new HashSet<>());
    }

    private static Optional<UnmetRequirement> find(Bundle bundle, Bundle[] all, Set<Bundle> seen) {
        BundleRevision revision = bundle.adapt(BundleRevision.class);
        if (revision == null || !seen.add(bundle)) {
            return Optional.empty();
        }
        List<BundleRequirement> requirements = new ArrayList<>(revision.getDeclaredRequirements(null));
        requirements.removeIf(requirement -> !isMandatory(requirement));
        // A missing kernel feature explains more than a package that is missing with it.
        requirements.sort(Comparator.comparing(r -> !r.getNamespace().equals(KERNEL_NAMESPACE)));
        for (BundleRequirement requirement : requirements) {
            List<Bundle> providers = new ArrayList<>();
            List<BundleCapability> others = new ArrayList<>();
            for (Bundle candidate : all) {
                BundleRevision provider = candidate.adapt(BundleRevision.class);
                if (provider == null) {
                    continue;
                }
                for (BundleCapability capability : provider.getDeclaredCapabilities(requirement.getNamespace())) {
                    if (requirement.matches(capability)) {
                        providers.add(candidate);
                    } else if (isSameName(requirement, capability)) {
                        others.add(capability);
                    }
                }
            }
            if (providers.isEmpty()) {
                return Optional.of(new UnmetRequirement(bundle, requirement, others));
            }
            if (providers.stream().allMatch(p -> p.getState() == Bundle.INSTALLED)) {
                var deeper = find(providers.get(0), all, seen);
                if (deeper.isPresent()) {
                    return deeper;
                }
            }
        }
        return Optional.empty();
    }

    private static boolean isMandatory(BundleRequirement requirement) {
        var directives = requirement.getDirectives();
        return !Namespace.RESOLUTION_OPTIONAL.equals(directives.get(Namespace.REQUIREMENT_RESOLUTION_DIRECTIVE))
                && !"dynamic".equals(directives.get(Namespace.REQUIREMENT_RESOLUTION_DIRECTIVE))
                && Namespace.EFFECTIVE_RESOLVE.equals(directives.getOrDefault(
                        Namespace.REQUIREMENT_EFFECTIVE_DIRECTIVE, Namespace.EFFECTIVE_RESOLVE));
    }

    private static boolean isSameName(BundleRequirement requirement, BundleCapability capability) {
        Object name = capability.getAttributes().get(requirement.getNamespace());
        return name != null && filter(requirement).contains("(" + requirement.getNamespace() + "=" + name + ")");
    }

    public boolean isKernelFeature() {
        return requirement.getNamespace().equals(KERNEL_NAMESPACE);
    }

    /** As a sentence's end: {@code needs linux.kernel feature=netkit, which this kernel (6.18.44) lacks}. */
    public String describe(Bundle asked) {
        String who = bundle.equals(asked) ? "" : "needs " + bundle.getSymbolicName() + ", which ";
        String filter = filter(requirement);
        if (isKernelFeature()) {
            return who + "needs linux.kernel " + plain(filter) + ", which this kernel ("
                    + System.getProperty("os.version") + ") lacks";
        }
        if (requirement.getNamespace().equals(PackageNamespace.PACKAGE_NAMESPACE)) {
            String name = filter.replaceAll(".*\\(osgi\\.wiring\\.package=([^)]*)\\).*", "$1");
            String range = filter.replace("(osgi.wiring.package=" + name + ")", "");
            return who + "needs package " + name + (range.equals("(&)") ? "" : " " + plain(range)) + ", which "
                    + (others.isEmpty() ? "no bundle exports" : "is there only as " + versions());
        }
        return who + "needs " + requirement.getNamespace() + " " + plain(filter) + ", which nothing provides";
    }

    private String versions() {
        return others.stream()
                .map(c -> c.getAttributes().get(Constants.VERSION_ATTRIBUTE) + " from "
                        + c.getRevision().getSymbolicName())
                .distinct()
                .reduce((a, b) -> a + ", " + b)
                .orElse("");
    }

    private static String filter(BundleRequirement requirement) {
        return requirement.getDirectives().getOrDefault(Namespace.REQUIREMENT_FILTER_DIRECTIVE, "");
    }

    /** A filter with one term needs no parentheses. */
    private static String plain(String filter) {
        boolean single = filter.startsWith("(") && filter.indexOf('(', 1) < 0;
        return single ? filter.substring(1, filter.length() - 1) : filter;
    }
}
