// SPDX-License-Identifier: Apache-2.0
package io.podlane.servicetable;

import io.podlane.api.cluster.ObjectName;
import io.podlane.api.cluster.Service;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * One frontend of a Service, and what is behind it.
 *
 * @param service the Service it is of
 * @param type that Service's type
 * @param frontend where clients reach it
 * @param backends its endpoints that work, whether or not they get new connections
 */
record ServicePort(
        ObjectName service, Service.Type type, Frontend frontend, SortedMap<Backend, Backend.State> backends) {
    ServicePort {
        backends = java.util.Collections.unmodifiableSortedMap(new TreeMap<>(backends));
    }

    /**
     * The endpoints that get new connections: those that are ready, or, if none is, those that serve until they have
     * terminated (KEP-1669; kube-proxy's pkg/proxy/topology.go).
     */
    Set<Backend> chosen() {
        boolean anyReady = backends.containsValue(Backend.State.READY);
        return backends.entrySet().stream()
                .filter(e -> e.getValue() == (anyReady ? Backend.State.READY : Backend.State.TERMINATING))
                .map(Map.Entry::getKey)
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
