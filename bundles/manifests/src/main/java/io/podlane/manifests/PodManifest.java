// SPDX-License-Identifier: Apache-2.0
package io.podlane.manifests;

import io.podlane.api.cluster.ObjectName;
import io.podlane.api.cluster.Pod;
import io.podlane.api.cluster.Protocol;
import io.podlane.manifests.Fields.BadFieldException;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A pod and what endpoints are made from.
 *
 * @param ports the named ports of its containers
 * @param ended whether it has run to its end and serves nobody any more
 * @param terminating whether it is being deleted
 */
record PodManifest(Pod pod, Map<PortName, Integer> ports, boolean ended, boolean terminating) implements Manifest {
    /** A container's port may have the same name for two protocols. */
    record PortName(String name, Protocol protocol) {}

    static PodManifest read(ObjectName name, Fields object) throws BadFieldException {
        Fields metadata = object.object("metadata");
        Fields spec = object.object("spec");
        Fields status = object.object("status");
        String phase = status.string("phase").orElse("Running");
        return new PodManifest(
                new Pod(
                        name,
                        spec.string("nodeName").orElse(""),
                        ips(status),
                        metadata.labels("labels"),
                        ready(status)),
                ports(spec),
                phase.equals("Succeeded") || phase.equals("Failed"),
                metadata.has("deletionTimestamp"));
    }

    private static List<InetAddress> ips(Fields status) throws BadFieldException {
        var ips = new ArrayList<InetAddress>();
        for (Fields ip : status.objects("podIPs")) {
            ips.add(ip.address("ip"));
        }
        boolean one = !status.string("podIP").orElse("").isEmpty();
        if (ips.isEmpty()) {
            return one ? List.of(status.address("podIP")) : List.of();
        }
        if (one && !status.address("podIP").equals(ips.get(0))) {
            throw status.bad("podIP", "the first of podIPs, " + ips.get(0).getHostAddress());
        }
        if (!Families.atMostOneOfEach(ips)) {
            throw status.bad("podIPs", "at most one IPv4 and one IPv6 address");
        }
        return ips;
    }

    private static boolean ready(Fields status) throws BadFieldException {
        boolean ready = true;
        for (Fields condition : status.objects("conditions")) {
            String value = condition.string("status").orElse("");
            if (!value.equals("True") && !value.equals("False") && !value.equals("Unknown")) {
                throw condition.bad("status", "\"True\", \"False\" or \"Unknown\"");
            }
            if (condition.string("type").orElse("").equals("Ready")) {
                ready = value.equals("True");
            }
        }
        return ready;
    }

    private static Map<PortName, Integer> ports(Fields spec) throws BadFieldException {
        var ports = new HashMap<PortName, Integer>();
        for (Fields container : spec.objects("containers")) {
            ports(container, ports);
        }
        for (Fields container : spec.objects("initContainers")) {
            // Sidecars (KEP-753) go on running beside the containers.
            if (container.string("restartPolicy").orElse("").equals("Always")) {
                ports(container, ports);
            }
        }
        return Map.copyOf(ports);
    }

    private static void ports(Fields container, Map<PortName, Integer> ports) throws BadFieldException {
        for (Fields port : container.objects("ports")) {
            int number = ServiceManifest.requiredPort(port, "containerPort");
            Protocol protocol = port.protocol("protocol");
            String name = port.string("name").orElse("");
            if (!name.isEmpty()) {
                if (!Names.isPort(name)) {
                    throw port.bad("name", Names.PORT);
                }
                ports.putIfAbsent(new PortName(name, protocol), number);
            }
        }
    }
}
