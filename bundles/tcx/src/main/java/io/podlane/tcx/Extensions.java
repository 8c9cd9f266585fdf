// SPDX-License-Identifier: Apache-2.0
package io.podlane.tcx;

import io.podlane.api.attach.AttachPoint;
import io.podlane.api.attach.Hook;
import io.podlane.api.attach.Phase;
import io.podlane.api.bpf.Program;
import io.podlane.api.device.Device;
import io.podlane.api.extension.DatapathExtension;
import io.podlane.api.extension.DeviceSelector;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import org.osgi.framework.Bundle;
import org.osgi.framework.ServiceReference;

/** The extensions there are, and what they want on which device. For the owner thread only. */
final class Extensions {
    private static final java.util.regex.Pattern NAME = java.util.regex.Pattern.compile("[A-Za-z0-9_-]+");

    private final Map<ServiceReference<DatapathExtension>, Wish> services = new HashMap<>();

    void add(ServiceReference<DatapathExtension> reference, Wish wish) {
        services.put(reference, wish);
    }

    void remove(ServiceReference<DatapathExtension> reference) {
        services.remove(reference);
    }

    /**
     * What an extension says of itself.
     *
     * @param failure why it says nothing that can be used; empty if it does
     */
    record Wish(String name, Hook hook, Phase phase, DeviceSelector devices, Program program, String failure) {
        private static Wish failed(String why) {
            return new Wish(null, null, null, null, null, why);
        }
    }

    /**
     * Asks an extension, once. It is foreign code, which may throw anything or take its time: so it is not for the owner
     * thread, on which every pod's programs wait.
     */
    static Wish ask(DatapathExtension extension) {
        try {
            String name = said(extension.name(), "name");
            if (!NAME.matcher(name).matches()) {
                return Wish.failed("its name " + name + " has characters other than letters, digits, - and _");
            }
            return new Wish(
                    name,
                    said(extension.hook(), "hook"),
                    said(extension.phase(), "phase"),
                    said(extension.devices(), "devices"),
                    said(extension.program(), "program"),
                    "");
        } catch (RuntimeException | Error e) {
            // An Error too: one that was built against another API throws a LinkageError.
            return Wish.failed(e.toString());
        }
    }

    private static <T> T said(T value, String method) {
        if (value == null) {
            throw new IllegalArgumentException("its " + method + "() is null");
        }
        return value;
    }

    /**
     * What they want, by pin. Where two services want the same, as while one bundle version takes over from another, the one
     * of higher ranking gets it; where both are of one bundle, that is a problem as well.
     *
     * @param leases names the pin of an owner's attachment
     * @param problem told what cannot be, by subject
     */
    Map<LinkPin, Declaration> declarations(
            Collection<Device> devices, Leases leases, BiConsumer<String, String> problem) {
        var declarations = new LinkedHashMap<LinkPin, Declaration>();
        var bundles = new HashMap<LinkPin, Bundle>();
        for (var service : byRanking()) {
            Wish wish = service.getValue();
            Bundle bundle = service.getKey().getBundle();
            if (bundle == null) {
                continue; // It has just gone.
            }
            String owner = bundle.getSymbolicName();
            if (!wish.failure().isEmpty()) {
                problem.accept("extension of " + owner, "it cannot be attached: " + wish.failure());
                continue;
            }
            for (Device device : devices) {
                if (wish.devices().matches(device)) {
                    declare(owner, wish, device, leases, problem).ifPresent(declared -> {
                        declarations.put(declared.pin(), declared);
                        if (bundles.put(declared.pin(), bundle) == bundle) {
                            problem.accept(
                                    subject(wish.name(), owner, ""),
                                    "two extensions of this bundle have that name at the same hook, so only one of them"
                                            + " runs; give each a name of its own");
                        }
                    });
                }
            }
        }
        return declarations;
    }

    /** The lowest first. */
    private List<Map.Entry<ServiceReference<DatapathExtension>, Wish>> byRanking() {
        return services.entrySet().stream()
                .sorted(Map.Entry.comparingByKey(Comparator.naturalOrder()))
                .toList();
    }

    private static Optional<Declaration> declare(
            String owner, Wish wish, Device device, Leases leases, BiConsumer<String, String> problem) {
        AttachPoint point = device.hooks().get(wish.hook());
        if (point == null) {
            problem.accept(
                    subject(wish.name(), owner, device.name()),
                    "a device of kind " + device.kind() + " has no hook " + wish.hook()
                            + ", so the program does not run there");
            return Optional.empty();
        }
        return Optional.of(new Declaration(
                leases.pin(owner, point, wish.name()),
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
