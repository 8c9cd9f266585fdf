// SPDX-License-Identifier: Apache-2.0
package io.podlane.pods;

import io.podlane.api.device.PodLinkProvider;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.stream.Collectors;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceReference;

/** The installed device providers, best first. Thread-safe. */
final class Providers {
    private final Map<ServiceReference<PodLinkProvider>, PodLinkProvider> byRanking =
            new ConcurrentSkipListMap<>(Comparator.reverseOrder());
    private final BundleContext context;

    Providers(BundleContext context) {
        this.context = context;
    }

    void add(ServiceReference<PodLinkProvider> reference, PodLinkProvider provider) {
        byRanking.put(reference, provider);
    }

    void remove(ServiceReference<PodLinkProvider> reference) {
        byRanking.remove(reference);
    }

    /** Of the highest ranking: its devices are the default. */
    Optional<PodLinkProvider> best() {
        return byRanking.values().stream().findFirst();
    }

    Optional<PodLinkProvider> of(String kind) {
        return byRanking.values().stream()
                .filter(provider -> provider.kind().equals(kind))
                .findFirst();
    }

    /**
     * The provider of a kind, or the best.
     *
     * @throws IllegalArgumentException if there is none, saying which there are and why others are not
     */
    PodLinkProvider choose(Optional<String> kind) {
        Optional<PodLinkProvider> chosen = kind.isPresent() ? of(kind.get()) : best();
        return chosen.orElseThrow(() -> new IllegalArgumentException(
                kind.map(k -> "this node has no pod devices of kind " + k).orElse("this node has no pod devices") + "; "
                        + describe()));
    }

    private String describe() {
        var reasons = new ArrayList<String>();
        String kinds = byRanking.values().stream().map(PodLinkProvider::kind).collect(Collectors.joining(", "));
        reasons.add(kinds.isEmpty() ? "it has none at all" : "it has: " + kinds);
        for (Bundle bundle : context.getBundles()) {
            if (provides(bundle) && byRanking.keySet().stream().noneMatch(r -> bundle.equals(r.getBundle()))) {
                reasons.add(bundle.getSymbolicName() + " " + state(bundle));
            }
        }
        return String.join("; ", reasons);
    }

    /** Bundles say in their manifest which services they will register; bnd writes it there. */
    private static boolean provides(Bundle bundle) {
        return capabilities(bundle, "Provide-Capability").contains(PodLinkProvider.class.getName());
    }

    private static String capabilities(Bundle bundle, String header) {
        String value = bundle.getHeaders("").get(header);
        return value == null ? "" : value;
    }

    private static String state(Bundle bundle) {
        return switch (bundle.getState()) {
            case Bundle.INSTALLED -> {
                List<String> needs = kernelFeatures(capabilities(bundle, "Require-Capability"));
                yield needs.isEmpty()
                        ? "does not resolve (podlane:status says why)"
                        : "does not resolve: it needs from the kernel " + String.join(" ", needs);
            }
            case Bundle.RESOLVED -> "is stopped";
            case Bundle.ACTIVE -> "is active but its provider is not (podlane:status says why)";
            default -> "is being started or stopped; try again";
        };
    }

    /** The filters of the requirements in the namespace linux.kernel. */
    private static List<String> kernelFeatures(String requirements) {
        var filters = new ArrayList<String>();
        for (int at = requirements.indexOf("linux.kernel");
                at >= 0;
                at = requirements.indexOf("linux.kernel", at + 1)) {
            int open = requirements.indexOf('"', at);
            int close = requirements.indexOf('"', open + 1);
            if (open > 0 && close > open) {
                filters.add(requirements.substring(open + 1, close));
            }
        }
        return filters;
    }
}
