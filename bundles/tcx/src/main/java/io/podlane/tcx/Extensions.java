// SPDX-License-Identifier: Apache-2.0
package io.podlane.tcx;

import io.podlane.api.attach.AttachPoint;
import io.podlane.api.attach.Hook;
import io.podlane.api.attach.Phase;
import io.podlane.api.bpf.Program;
import io.podlane.api.device.Device;
import io.podlane.api.extension.DatapathExtension;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import org.osgi.framework.ServiceReference;

/** The extensions there are, and what they want on which device. For the owner thread only. */
final class Extensions {
    private static final java.util.regex.Pattern NAME = java.util.regex.Pattern.compile("[A-Za-z0-9_-]+");

    private final Map<ServiceReference<DatapathExtension>, DatapathExtension> services = new HashMap<>();

    void add(ServiceReference<DatapathExtension> reference, DatapathExtension extension) {
        services.put(reference, extension);
    }

    void remove(ServiceReference<DatapathExtension> reference) {
        services.remove(reference);
    }

    /** What an extension says of itself. */
    private record Wish(String owner, String name, Hook hook, Phase phase, Program program) {}

    /**
     * What they want, by pin. Where two services want the same, as while one bundle version takes over from another, the one
     * of higher ranking gets it.
     *
     * @param leases names the pin of an owner's attachment
     * @param problem told what cannot be, by subject
     */
    Map<LinkPin, Declaration> declarations(
            Collection<Device> devices, Leases leases, BiConsumer<String, String> problem) {
        var declarations = new LinkedHashMap<LinkPin, Declaration>();
        for (var service : byRanking()) {
            DatapathExtension extension = service.getValue();
            String owner = service.getKey().getBundle().getSymbolicName();
            try {
                var wish = new Wish(owner, extension.name(), extension.hook(), extension.phase(), extension.program());
                if (!NAME.matcher(wish.name()).matches()) {
                    throw new IllegalArgumentException(
                            "its name " + wish.name() + " has characters other than letters, digits, - and _");
                }
                for (Device device : devices) {
                    if (extension.devices().matches(device)) {
                        declare(wish, device, leases, problem)
                                .ifPresent(declared -> declarations.put(declared.pin(), declared));
                    }
                }
            } catch (RuntimeException e) {
                problem.accept("extension of " + owner, "it cannot be attached: " + e);
            }
        }
        return declarations;
    }

    /** The lowest first; without those whose bundle has just gone. */
    private List<Map.Entry<ServiceReference<DatapathExtension>, DatapathExtension>> byRanking() {
        return services.entrySet().stream()
                .filter(service -> service.getKey().getBundle() != null)
                .sorted(Map.Entry.comparingByKey(Comparator.naturalOrder()))
                .toList();
    }

    private static Optional<Declaration> declare(
            Wish wish, Device device, Leases leases, BiConsumer<String, String> problem) {
        AttachPoint point = device.hooks().get(wish.hook());
        if (point == null) {
            problem.accept(
                    subject(wish.name(), wish.owner(), device.name()),
                    "a device of kind " + device.kind() + " has no hook " + wish.hook()
                            + ", so the program does not run there");
            return Optional.empty();
        }
        return Optional.of(new Declaration(
                leases.pin(wish.owner(), point, wish.name()),
                point,
                Optional.of(wish.phase()),
                device.name(),
                wish.program()));
    }

    static String subject(String name, String owner, String device) {
        return name + " of " + owner + (device.isEmpty() ? "" : " on " + device);
    }

    /** The tails: on every hook whose chain must not end undecided, before anything else is attached there. */
    static List<Declaration> tails(Collection<Device> devices, String owner, Leases leases, Program tail) {
        var tails = new ArrayList<Declaration>();
        for (Device device : devices) {
            for (Hook hook : device.tailed()) {
                AttachPoint point = device.hooks().get(hook);
                if (point != null) {
                    tails.add(new Declaration(
                            leases.pin(owner, point, "tail"), point, Optional.of(Phase.TAIL), device.name(), tail));
                }
            }
        }
        return tails;
    }
}
