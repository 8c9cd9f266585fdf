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
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Completes what the files say as the EndpointSlice controller of Kubernetes would: a Service that selects pods and has no
 * EndpointSlice gets some, made from the pods of the files and of this node.
 */
final class Endpoints {
    /** The complete state, and what is wrong with it, by subject. */
    record Result(ClusterState state, Map<String, String> problems) {}

    private record Label(String namespace, String key, String value) {
        @Override
        public boolean equals(Object other) {
            return other instanceof Label that
                    && value.equals(that.value)
                    && key.equals(that.key)
                    && namespace.equals(that.namespace);
        }

        @Override
        public int hashCode() {
            return 31 * (31 * namespace.hashCode() + key.hashCode()) + value.hashCode();
        }
    }

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
        for (PodManifest manifest : manifests.values()) {
            taken.addAll(manifest.pod().ips());
        }
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
        for (EndpointSlice slice : content.slices().values()) {
            if (!slice.service().isEmpty()) {
                slices.put(slice.name(), slice);
                served.add(new ObjectName(slice.name().namespace(), slice.service()));
            }
        }
        var known = new HashMap<ObjectName, Pod>();
        for (ObjectName name : new TreeSet<>(pods.keySet())) {
            PodManifest manifest = pods.get(name);
            known.put(name, manifest.pod());
            index(manifest);
        }
        for (var entry : content.selecting().entrySet()) {
            if (!served.contains(entry.getKey())) {
                derive(entry.getValue());
            }
        }
        return new Result(new ClusterState(content.services(), slices, known, content.nodes()), problems);
    }

    private void index(PodManifest manifest) {
        Pod pod = manifest.pod();
        if (!manifest.ended() && !pod.ips().isEmpty()) {
            for (var label : pod.labels().entrySet()) {
                byLabel.computeIfAbsent(
                                new Label(pod.name().namespace(), label.getKey(), label.getValue()),
                                key -> new ArrayList<>())
                        .add(manifest);
            }
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
        var selected = new ArrayList<PodManifest>();
        for (PodManifest manifest : fewest) {
            if (manifest.pod()
                    .labels()
                    .entrySet()
                    .containsAll(service.selector().entrySet())) {
                selected.add(manifest);
            }
        }
        return selected;
    }

    private void derive(FolderContent.Selecting located) {
        ServiceManifest service = located.manifest();
        List<PodManifest> selected = selected(service);
        if (selected.isEmpty()) {
            return;
        }
        var groups = new HashMap<Group, List<Endpoint>>();
        var unresolved = new TreeMap<String, Set<ObjectName>>();
        for (PodManifest manifest : selected) {
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
        for (var entry : groups.entrySet()) {
            ObjectName name = sliceName(service.service().name(), entry.getKey());
            slices.put(
                    name,
                    new EndpointSlice(
                            name,
                            service.service().name().name(),
                            entry.getKey().ports(),
                            entry.getValue()));
        }
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
        for (InetAddress clusterIp : service.clusterIps()) {
            if (Families.same(clusterIp, ip)) {
                return true;
            }
        }
        return service.clusterIps().isEmpty();
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
        for (Service.Port port : group.ports()) {
            name.append(':');
            if (!port.name().isEmpty()) {
                name.append(port.name()).append('=');
            }
            name.append(port.port());
        }
        return new ObjectName(service.namespace(), name.toString());
    }
}
