// SPDX-License-Identifier: Apache-2.0
package io.podlane.api.cluster;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Function;

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
        var changes = new ArrayList<ClusterChange>();
        removed(services, next.services, ClusterChange.ServiceRemoved::new, changes);
        removed(slices, next.slices, ClusterChange.SliceRemoved::new, changes);
        removed(pods, next.pods, ClusterChange.PodRemoved::new, changes);
        removed(nodes, next.nodes, ClusterChange.NodeRemoved::new, changes);
        changed(nodes, next.nodes, ClusterChange.NodeChanged::new, changes);
        changed(pods, next.pods, ClusterChange.PodChanged::new, changes);
        changed(slices, next.slices, ClusterChange.SliceChanged::new, changes);
        changed(services, next.services, ClusterChange.ServiceChanged::new, changes);
        return List.copyOf(changes);
    }

    private static <K extends Comparable<? super K>, V> void removed(
            Map<K, V> before, Map<K, V> after, Function<K, ClusterChange> change, List<ClusterChange> changes) {
        if (before != after) {
            var names = new TreeSet<K>();
            before.keySet().forEach(name -> {
                if (!after.containsKey(name)) {
                    names.add(name);
                }
            });
            names.forEach(name -> changes.add(change.apply(name)));
        }
    }

    private static <K extends Comparable<? super K>, V> void changed(
            Map<K, V> before, Map<K, V> after, Function<V, ClusterChange> change, List<ClusterChange> changes) {
        if (before != after) {
            var names = new TreeSet<K>();
            after.forEach((name, now) -> {
                V then = before.get(name);
                if (then != now && !now.equals(then)) {
                    names.add(name);
                }
            });
            names.forEach(name -> changes.add(change.apply(after.get(name))));
        }
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
