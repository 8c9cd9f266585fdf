// SPDX-License-Identifier: Apache-2.0
package io.podlane.api.cluster;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** The whole of what is known of the cluster at one moment. Immutable. */
public record ClusterState(
        Map<ObjectName, Service> services,
        Map<ObjectName, EndpointSlice> slices,
        Map<ObjectName, Pod> pods,
        Map<String, Node> nodes) {
    /** Nothing. */
    public static final ClusterState EMPTY = new ClusterState(Map.of(), Map.of(), Map.of(), Map.of());

    public ClusterState {
        services = Map.copyOf(services);
        slices = Map.copyOf(slices);
        pods = Map.copyOf(pods);
        nodes = Map.copyOf(nodes);
    }

    /** This state after some changes, in their order. Kinds without a change are shared, not copied. */
    public ClusterState with(List<ClusterChange> changes) {
        var services = new Draft<>(this.services);
        var slices = new Draft<>(this.slices);
        var pods = new Draft<>(this.pods);
        var nodes = new Draft<>(this.nodes);
        for (ClusterChange change : changes) {
            if (change instanceof ClusterChange.ServiceChanged c) {
                services.put(c.service().name(), c.service());
            } else if (change instanceof ClusterChange.ServiceRemoved c) {
                services.remove(c.name());
            } else if (change instanceof ClusterChange.SliceChanged c) {
                slices.put(c.slice().name(), c.slice());
            } else if (change instanceof ClusterChange.SliceRemoved c) {
                slices.remove(c.name());
            } else if (change instanceof ClusterChange.PodChanged c) {
                pods.put(c.pod().name(), c.pod());
            } else if (change instanceof ClusterChange.PodRemoved c) {
                pods.remove(c.name());
            } else if (change instanceof ClusterChange.NodeChanged c) {
                nodes.put(c.node().name(), c.node());
            } else if (change instanceof ClusterChange.NodeRemoved c) {
                nodes.remove(c.name());
            }
        }
        return new ClusterState(services.map, slices.map, pods.map, nodes.map);
    }

    /**
     * What has to change for this state to become another; empty if they are equal. What goes comes first, Services before
     * their EndpointSlices; then what comes, EndpointSlices before their Services. So an address that moves from one Service
     * to another is free in time, and a new Service has its endpoints from the start.
     */
    public List<ClusterChange> changesTo(ClusterState next) {
        // Loops, not lambdas: this runs while the agent starts, and each lambda is a class to generate.
        var changes = new ArrayList<ClusterChange>();
        for (ObjectName name : gone(services, next.services)) {
            changes.add(new ClusterChange.ServiceRemoved(name));
        }
        for (ObjectName name : gone(slices, next.slices)) {
            changes.add(new ClusterChange.SliceRemoved(name));
        }
        for (ObjectName name : gone(pods, next.pods)) {
            changes.add(new ClusterChange.PodRemoved(name));
        }
        for (String name : gone(nodes, next.nodes)) {
            changes.add(new ClusterChange.NodeRemoved(name));
        }
        for (Node node : come(nodes, next.nodes)) {
            changes.add(new ClusterChange.NodeChanged(node));
        }
        for (Pod pod : come(pods, next.pods)) {
            changes.add(new ClusterChange.PodChanged(pod));
        }
        for (EndpointSlice slice : come(slices, next.slices)) {
            changes.add(new ClusterChange.SliceChanged(slice));
        }
        for (Service service : come(services, next.services)) {
            changes.add(new ClusterChange.ServiceChanged(service));
        }
        return List.copyOf(changes);
    }

    /** The names that are in the first and not in the second, in their order. */
    private static <K extends Comparable<? super K>> Set<K> gone(Map<K, ?> before, Map<K, ?> after) {
        var names = new TreeSet<K>();
        if (before != after) {
            for (K name : before.keySet()) {
                if (!after.containsKey(name)) {
                    names.add(name);
                }
            }
        }
        return names;
    }

    /** What is in the second and not the same in the first, in the order of the names. */
    private static <K extends Comparable<? super K>, V> Collection<V> come(Map<K, V> before, Map<K, V> after) {
        var objects = new TreeMap<K, V>();
        if (before != after) {
            for (var entry : after.entrySet()) {
                V then = before.get(entry.getKey());
                if (then != entry.getValue() && !entry.getValue().equals(then)) {
                    objects.put(entry.getKey(), entry.getValue());
                }
            }
        }
        return objects.values();
    }

    /** A map that is copied at its first change. */
    private static final class Draft<K, V> {
        private Map<K, V> map;
        private boolean own;

        Draft(Map<K, V> map) {
            this.map = map;
        }

        void put(K key, V value) {
            own();
            map.put(key, value);
        }

        void remove(K key) {
            own();
            map.remove(key);
        }

        private void own() {
            if (!own) {
                map = new HashMap<>(map);
                own = true;
            }
        }
    }
}
