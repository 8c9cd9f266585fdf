// SPDX-License-Identifier: Apache-2.0
package io.podlane.api.cluster;

import java.net.InetAddress;
import java.util.List;
import java.util.Objects;

/**
 * Some endpoints of a Service (discovery.k8s.io/v1). All have the same ports.
 *
 * @param name its own name
 * @param service the name of the Service, in the same namespace (label {@code kubernetes.io/service-name})
 * @param ports the ports of each endpoint, named as the Service's ports are
 * @param endpoints the endpoints
 */
public record EndpointSlice(ObjectName name, String service, List<Service.Port> ports, List<Endpoint> endpoints) {
    public EndpointSlice {
        Objects.requireNonNull(name);
        Objects.requireNonNull(service);
        ports = List.copyOf(ports);
        endpoints = List.copyOf(endpoints);
    }

    /**
     * One endpoint.
     *
     * @param address its first address; Kubernetes defines no meaning for more
     * @param ready {@code conditions.ready}; true where it is not said
     * @param serving {@code conditions.serving}; as {@code ready} where it is not said
     * @param terminating {@code conditions.terminating}; false where it is not said
     * @param nodeName the node it runs on; empty where it is not said
     */
    public record Endpoint(InetAddress address, boolean ready, boolean serving, boolean terminating, String nodeName) {}
}
