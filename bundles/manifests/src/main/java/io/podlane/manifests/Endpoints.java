// SPDX-License-Identifier: Apache-2.0
package io.podlane.manifests;

import io.podlane.api.cluster.ClusterState;
import io.podlane.api.cluster.EndpointSlice;
import io.podlane.api.cluster.EndpointSlice.Endpoint;
import io.podlane.api.cluster.ObjectName;
import io.podlane.api.cluster.Pod;
import io.podlane.api.cluster.Protocol;
import io.podlane.api.cluster.Service;
import io.podlane.manifests.PodManifest.PortName;
import io.podlane.manifests.ServiceManifest.Target;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Completes what the files say as the EndpointSlice controller of Kubernetes would: a Service that selects pods and has no
 * EndpointSlice gets some, made from the pods of the files and of this node.
 */
final class Endpoints {
    /** The complete state, and what is wrong with it, by subject. */
    record Result(ClusterState state, Map<String, String> problems) {}

    private record Label(String namespace, String key, String value) {}

    private record Group(boolean v6, List<Service.Port> ports) {}

    private final FolderContent content;
    private final Map<ObjectName, PodManifest> pods;
    private final Map<Label, List<PodManifest>> byLabel = new HashMap<>();
    private final Map<ObjectName, EndpointSlice> slices = new HashMap<>();
    private final Map<String, String> problems;

    private Endpoints(FolderContent content, Map<ObjectName, PodManifest> pods) {
        this.content = content;
        this.pods = pods;
        this.problems = new HashMap<>(content.problems());
    }

    /**
     * Completes the content of the folder.
     *
     * @param own the pods of this node; where one has the name or an address of a pod of the files, the files are right,
     *     except that the node knows the addresses of a pod that has none there
     */
    static Result complete(FolderContent content, List<Pod> own) {
        return new Endpoints(content, join(content.pods(), own)).complete();
    }

    private static Map<ObjectName, PodManifest> join(Map<ObjectName, PodManifest> manifests, List<Pod> own) {
        if (own.isEmpty()) {
            return manifests;
        }
        var taken = new HashSet<InetAddress>();
        manifests.values().forEach(manifest -> taken.addAll(manifest.pod().ips()));
        var pods = new HashMap<>(manifests);
        for (Pod pod : own) {
            List<InetAddress> ips =
                    pod.ips().stream().filter(ip -> !taken.contains(ip)).toList();
            PodManifest manifest = manifests.get(pod.name());
            if (manifest == null && !ips.isEmpty()) {
                Pod there = new Pod(pod.name(), pod.node(), ips, pod.labels(), pod.ready());
                pods.put(pod.name(), new PodManifest(there, Map.of(), false, false));
            } else if (manifest != null && manifest.pod().ips().isEmpty() && !ips.isEmpty()) {
                Pod said = manifest.pod();
                Pod there = new Pod(said.name(), pod.node(), ips, said.labels(), said.ready());
                pods.put(
                        pod.name(), new PodManifest(there, manifest.ports(), manifest.ended(), manifest.terminating()));
            }
        }
        return pods;
    }

    private Result complete() {
        var served = new HashSet<ObjectName>();
        content.slices().forEach((name, slice) -> {
            if (!slice.service().isEmpty()) {
                slices.put(name, slice);
                served.add(new ObjectName(name.namespace(), slice.service()));
            }
        });
        pods.values().stream()
                .sorted(Comparator.comparing(manifest -> manifest.pod().name()))
                .forEach(this::index);
        content.services().forEach((name, service) -> {
            if (!service.manifest().selector().isEmpty() && !served.contains(name)) {
                derive(service);
            }
        });
        var services = new HashMap<ObjectName, Service>();
        content.services()
                .forEach(
                        (name, located) -> services.put(name, located.manifest().service()));
        var known = new HashMap<ObjectName, Pod>();
        pods.forEach((name, manifest) -> known.put(name, manifest.pod()));
        return new Result(new ClusterState(services, slices, known, content.nodes()), problems);
    }

    private void index(PodManifest manifest) {
        Pod pod = manifest.pod();
        if (!manifest.ended() && !pod.ips().isEmpty()) {
            pod.labels().forEach((key, value) -> byLabel.computeIfAbsent(
                            new Label(pod.name().namespace(), key, value), label -> new ArrayList<>())
                    .add(manifest));
        }
    }

    private List<PodManifest> selected(ServiceManifest service) {
        String namespace = service.service().name().namespace();
        List<PodManifest> fewest = null;
        for (var entry : service.selector().entrySet()) {
            var some = byLabel.getOrDefault(new Label(namespace, entry.getKey(), entry.getValue()), List.of());
            if (fewest == null || some.size() < fewest.size()) {
                fewest = some;
            }
        }
        var wanted = service.selector().entrySet();
        return fewest.stream()
                .filter(manifest -> manifest.pod().labels().entrySet().containsAll(wanted))
                .toList();
    }

    private void derive(FolderContent.Located located) {
        ServiceManifest service = located.manifest();
        var groups = new HashMap<Group, List<Endpoint>>();
        var unresolved = new TreeMap<String, Set<ObjectName>>();
        for (PodManifest manifest : selected(service)) {
            Pod pod = manifest.pod();
            List<Service.Port> ports = resolve(service, manifest, unresolved);
            if (ports.isEmpty()) {
                continue;
            }
            boolean ready = service.publishNotReady() || (pod.ready() && !manifest.terminating());
            for (InetAddress ip : Families.firstOfEach(pod.ips())) {
                if (wants(service.service(), ip)) {
                    groups.computeIfAbsent(new Group(ip instanceof Inet6Address, ports), group -> new ArrayList<>())
                            .add(new Endpoint(ip, ready, pod.ready(), manifest.terminating(), pod.node()));
                }
            }
        }
        groups.forEach((group, endpoints) -> {
            ObjectName name = sliceName(service.service().name(), group);
            slices.put(name, new EndpointSlice(name, service.service().name().name(), group.ports(), endpoints));
        });
        unresolved.forEach((port, pods) -> FolderContent.add(
                problems,
                located.file() + ": Service " + service.service().name(),
                port + " is no port of " + names(pods) + ", so they get nothing for it."));
    }

    private static String names(Set<ObjectName> pods) {
        int most = 3;
        String names = String.join(
                ", ",
                pods.stream().sorted().limit(most).map(ObjectName::toString).toList());
        return (pods.size() == 1 ? "pod " : "pods ")
                + names
                + (pods.size() > most ? " and " + (pods.size() - most) + " more" : "");
    }

    private static boolean wants(Service service, InetAddress ip) {
        return service.clusterIps().isEmpty()
                || service.clusterIps().stream().anyMatch(address -> Families.same(address, ip));
    }

    private static List<Service.Port> resolve(
            ServiceManifest service, PodManifest pod, Map<String, Set<ObjectName>> unresolved) {
        var ports = new ArrayList<Service.Port>();
        for (int i = 0; i < service.targets().size(); i++) {
            Target target = service.targets().get(i);
            Service.Port port = service.service().ports().get(i);
            Integer number = target.number();
            if (target.name().isPresent()) {
                number = pod.ports().get(new PortName(target.name().get(), port.protocol()));
            }
            if (number == null) {
                unresolved
                        .computeIfAbsent(unresolvedPort(i, target, port.protocol()), p -> new HashSet<>())
                        .add(pod.pod().name());
            } else {
                ports.add(new Service.Port(port.name(), port.protocol(), number));
            }
        }
        return ports;
    }

    private static String unresolvedPort(int index, Target target, Protocol protocol) {
        return "spec.ports[" + index + "].targetPort: \"" + target.name().orElseThrow() + "\" (" + protocol + ")";
    }

    /** No EndpointSlice of a file can have this name: Kubernetes allows no colon. */
    private static ObjectName sliceName(ObjectName service, Group group) {
        var name = new StringBuilder(service.name()).append("-podlane:").append(group.v6() ? "ipv6" : "ipv4");
        group.ports().forEach(port -> name.append(':')
                .append(port.name().isEmpty() ? "" : port.name() + "=")
                .append(port.port()));
        return new ObjectName(service.namespace(), name.toString());
    }
}
