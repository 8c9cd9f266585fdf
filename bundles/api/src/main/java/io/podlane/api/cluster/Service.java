// SPDX-License-Identifier: Apache-2.0
package io.podlane.api.cluster;

import java.net.InetAddress;
import java.util.List;
import java.util.Objects;

/**
 * A Kubernetes Service, as far as the datapath is concerned.
 *
 * @param name its name
 * @param type its type
 * @param clusterIps its cluster addresses, at most one of a family; empty for a headless one
 * @param ports what it listens on
 */
public record Service(ObjectName name, Type type, List<InetAddress> clusterIps, List<Port> ports) {
    public Service {
        Objects.requireNonNull(name);
        Objects.requireNonNull(type);
        clusterIps = List.copyOf(clusterIps);
        ports = List.copyOf(ports);
    }

    /** {@code spec.type}, spelled as Kubernetes does. */
    public enum Type {
        ClusterIP,
        NodePort,
        LoadBalancer,
        ExternalName
    }

    /**
     * One port.
     *
     * @param name unique in the service, empty where it has just one port
     * @param protocol the transport protocol
     * @param port 1 to 65535
     */
    public record Port(String name, Protocol protocol, int port) {}
}
