// SPDX-License-Identifier: Apache-2.0
package io.podlane.servicetable;

import io.podlane.api.cluster.ClusterChange;
import io.podlane.api.cluster.ClusterState;
import io.podlane.api.cluster.EndpointSlice;
import io.podlane.api.cluster.ObjectName;
import io.podlane.api.cluster.Protocol;
import io.podlane.api.cluster.Service;
import java.net.Inet4Address;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What the cluster wants: its Services joined with their EndpointSlices. Says which frontends a change concerns, so that a
 * change costs as much as it changes. For one thread.
 */
final class Services {
    private final Map<ObjectName, Service> services = new HashMap<>();
    private final Map<ObjectName, EndpointSlice> slices = new HashMap<>();
    private final Map<ObjectName, Set<ObjectName>> slicesOf = new HashMap<>();
    private final Map<ObjectName, Set<Frontend>> frontendsOf = new HashMap<>();
    /** Who says that a frontend is theirs; the first by name has it. */
    private final Map<Frontend, SortedMap<ObjectName, ServicePort>> claims = new HashMap<>();

    private final Map<String, String> problems = new HashMap<>();

    /** Takes the whole state in place of what was known; returns the frontends concerned. */
    Set<Frontend> replace(ClusterState state) {
        var concerned = new HashSet<ObjectName>(services.keySet());
        services.clear();
        services.putAll(state.services());
        slices.clear();
        slicesOf.clear();
        state.slices().values().forEach(this::addSlice);
        concerned.addAll(services.keySet());
        return join(concerned);
    }

    /** Takes changes in; returns the frontends concerned. */
    Set<Frontend> apply(List<ClusterChange> changes) {
        var concerned = new HashSet<ObjectName>();
        for (ClusterChange change : changes) {
            if (change instanceof ClusterChange.ServiceChanged c) {
                services.put(c.service().name(), c.service());
                concerned.add(c.service().name());
            } else if (change instanceof ClusterChange.ServiceRemoved c) {
                services.remove(c.name());
                concerned.add(c.name());
            } else if (change instanceof ClusterChange.SliceChanged c) {
                removeSlice(c.slice().name()).ifPresent(concerned::add);
                concerned.add(addSlice(c.slice()));
            } else if (change instanceof ClusterChange.SliceRemoved c) {
                removeSlice(c.name()).ifPresent(concerned::add);
            }
        }
        return join(concerned);
    }

    private ObjectName addSlice(EndpointSlice slice) {
        var service = new ObjectName(slice.name().namespace(), slice.service());
        slices.put(slice.name(), slice);
        slicesOf.computeIfAbsent(service, s -> new HashSet<>()).add(slice.name());
        return service;
    }

    private Optional<ObjectName> removeSlice(ObjectName name) {
        EndpointSlice slice = slices.remove(name);
        if (slice == null) {
            return Optional.empty();
        }
        var service = new ObjectName(name.namespace(), slice.service());
        slicesOf.computeIfPresent(service, (s, names) -> {
            names.remove(name);
            return names.isEmpty() ? null : names;
        });
        return Optional.of(service);
    }

    private Set<Frontend> join(Set<ObjectName> concerned) {
        var frontends = new HashSet<Frontend>();
        for (ObjectName name : concerned) {
            for (Frontend frontend : frontendsOf.getOrDefault(name, Set.of())) {
                frontends.add(frontend);
                claims.computeIfPresent(frontend, (f, claimants) -> {
                    claimants.remove(name);
                    return claimants.isEmpty() ? null : claimants;
                });
            }
            frontendsOf.remove(name);
            problems.remove("service " + name);
            Service service = services.get(name);
            if (service != null) {
                for (ServicePort port : portsOf(service)) {
                    frontends.add(port.frontend());
                    frontendsOf.computeIfAbsent(name, n -> new HashSet<>()).add(port.frontend());
                    claims.computeIfAbsent(port.frontend(), f -> new TreeMap<>())
                            .put(name, port);
                }
            }
        }
        frontends.forEach(this::reportConflicts);
        return frontends;
    }

    private void reportConflicts(Frontend frontend) {
        problems.remove("frontend " + frontend);
        var claimants = claims.getOrDefault(frontend, new TreeMap<>());
        if (claimants.size() > 1) {
            problems.put(
                    "frontend " + frontend,
                    "services " + claimants.keySet() + " all have " + frontend + "; it leads to " + claimants.firstKey()
                            + ", the first by name; give the others another clusterIP or port");
        }
    }

    private List<ServicePort> portsOf(Service service) {
        var addresses = service.clusterIps().stream()
                .filter(Inet4Address.class::isInstance)
                .map(Inet4Address.class::cast)
                .toList();
        if (addresses.isEmpty() && !service.clusterIps().isEmpty()) {
            problems.put("service " + service.name(), "it has IPv6 addresses only, which are not balanced yet");
        }
        if (service.ports().stream().anyMatch(port -> port.protocol() == Protocol.SCTP) && !addresses.isEmpty()) {
            problems.put("service " + service.name(), "its SCTP ports are not balanced yet; the others are");
        }
        return addresses.stream()
                .flatMap(address -> service.ports().stream()
                        .filter(port -> port.protocol() != Protocol.SCTP)
                        .map(port -> new ServicePort(
                                service.name(),
                                service.type(),
                                new Frontend(address, port.port(), port.protocol()),
                                backendsOf(service.name(), port))))
                .toList();
    }

    private SortedMap<Backend, Backend.State> backendsOf(ObjectName service, Service.Port port) {
        var backends = new TreeMap<Backend, Backend.State>();
        for (ObjectName name : slicesOf.getOrDefault(service, Set.of())) {
            EndpointSlice slice = slices.get(name);
            slice.ports().stream()
                    .filter(p -> p.name().equals(port.name()) && p.protocol() == port.protocol())
                    .forEach(p -> slice.endpoints().forEach(endpoint -> {
                        if (endpoint.address() instanceof Inet4Address address) {
                            // An endpoint may stand in two slices for a while; the better state counts.
                            state(endpoint)
                                    .ifPresent(state -> backends.merge(
                                            new Backend(address, p.port()),
                                            state,
                                            (a, b) -> a.compareTo(b) < 0 ? a : b));
                        }
                    }));
        }
        return backends;
    }

    private static Optional<Backend.State> state(EndpointSlice.Endpoint endpoint) {
        if (endpoint.ready()) {
            return Optional.of(Backend.State.READY);
        }
        if (!endpoint.serving()) {
            return Optional.empty();
        }
        return Optional.of(endpoint.terminating() ? Backend.State.TERMINATING : Backend.State.SERVING);
    }

    /** Who has a frontend. */
    Optional<ServicePort> owner(Frontend frontend) {
        var claimants = claims.get(frontend);
        return claimants == null ? Optional.empty() : Optional.of(claimants.get(claimants.firstKey()));
    }

    /** Every frontend that someone has. */
    Collection<Frontend> frontends() {
        return claims.keySet();
    }

    /** What is wrong, by subject. */
    Map<String, String> problems() {
        return Map.copyOf(problems);
    }
}
