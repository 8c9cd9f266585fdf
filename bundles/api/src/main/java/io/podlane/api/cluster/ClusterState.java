// SPDX-License-Identifier: Apache-2.0
package io.podlane.api.cluster;

import java.util.Map;

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
}
