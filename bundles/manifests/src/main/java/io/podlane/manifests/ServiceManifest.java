// SPDX-License-Identifier: Apache-2.0
package io.podlane.manifests;

import io.podlane.api.cluster.IpAddress;
import io.podlane.api.cluster.ObjectName;
import io.podlane.api.cluster.Service;
import io.podlane.manifests.Fields.BadFieldException;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A Service and what its endpoints are made from.
 *
 * @param selector the labels of its pods; empty if its endpoints come from elsewhere
 * @param targets where each of its ports leads to, in their order
 * @param publishNotReady whether pods that are not ready count as ready
 */
record ServiceManifest(Service service, Map<String, String> selector, List<Target> targets, boolean publishNotReady)
        implements Manifest {
    /** The port of a pod: a number, or if there is a name, the port of that name among its containers' ports. */
    record Target(Optional<String> name, int number) {}

    private static final String CLUSTER_IP = "an IPv4 or IPv6 address, None or empty";
    private static final String UNICAST =
            "an address that is not unspecified, loopback, link-local, multicast or broadcast";

    static ServiceManifest read(ObjectName name, Fields object) throws BadFieldException {
        Fields spec = object.object("spec");
        Service.Type type = type(spec);
        boolean headless = spec.string("clusterIP").orElse("").equals("None");
        List<InetAddress> clusterIps = clusterIps(spec, headless, type);
        var ports = new ArrayList<Service.Port>();
        var targets = new ArrayList<Target>();
        ports(spec, ports, targets);
        if (ports.isEmpty() && !headless && type != Service.Type.ExternalName) {
            throw spec.bad("ports", "at least one port");
        }
        if (type == Service.Type.ExternalName
                && spec.string("externalName").orElse("").isEmpty()) {
            throw spec.bad("externalName", "a DNS name");
        }
        return new ServiceManifest(
                new Service(name, type, clusterIps, ports),
                type == Service.Type.ExternalName ? Map.of() : Map.copyOf(spec.labels("selector")),
                List.copyOf(targets),
                spec.bool("publishNotReadyAddresses").orElse(false));
    }

    private static Service.Type type(Fields spec) throws BadFieldException {
        return switch (spec.string("type").orElse("ClusterIP")) {
            case "ClusterIP" -> Service.Type.ClusterIP;
            case "NodePort" -> Service.Type.NodePort;
            case "LoadBalancer" -> Service.Type.LoadBalancer;
            case "ExternalName" -> Service.Type.ExternalName;
            default -> throw spec.bad("type", "ClusterIP, NodePort, LoadBalancer or ExternalName");
        };
    }

    private static List<InetAddress> clusterIps(Fields spec, boolean headless, Service.Type type)
            throws BadFieldException {
        if (headless) {
            if (type != Service.Type.ClusterIP) {
                throw spec.bad("clusterIP", "an address for a Service of type " + type);
            }
            List<String> all = spec.strings("clusterIPs");
            if (!all.isEmpty() && !all.equals(List.of("None"))) {
                throw spec.bad("clusterIPs", "None alone, as in clusterIP");
            }
            return List.of();
        }
        String text = spec.string("clusterIP").orElse("");
        var first = Optional.<InetAddress>empty();
        if (!text.isEmpty()) {
            try {
                first = Optional.of(spec.address("clusterIP"));
            } catch (BadFieldException e) {
                throw spec.bad("clusterIP", CLUSTER_IP);
            }
        }
        if (first.isPresent() && !IpAddress.isUnicast(first.get())) {
            throw spec.bad("clusterIP", UNICAST);
        }
        List<InetAddress> all = spec.addresses("clusterIPs");
        if (!all.stream().allMatch(IpAddress::isUnicast)) {
            throw spec.bad("clusterIPs", UNICAST);
        }
        if (all.isEmpty()) {
            return first.map(List::of).orElse(List.of());
        }
        if (first.isPresent() && !first.get().equals(all.get(0))) {
            throw spec.bad("clusterIP", "the first of clusterIPs, " + all.get(0).getHostAddress());
        }
        if (!Families.atMostOneOfEach(all)) {
            throw spec.bad("clusterIPs", "at most one IPv4 and one IPv6 address");
        }
        return all;
    }

    private static void ports(Fields spec, List<Service.Port> ports, List<Target> targets) throws BadFieldException {
        List<Fields> all = spec.objects("ports");
        var names = new HashSet<String>();
        var numbers = new HashSet<String>();
        for (Fields field : all) {
            String name = field.string("name").orElse("");
            if (all.size() > 1 && name.isEmpty()) {
                throw field.bad("name", "a name, as there is more than one port");
            }
            if (!name.isEmpty() && !Names.isLabel(name)) {
                throw field.bad("name", Names.LABEL);
            }
            if (!names.add(name)) {
                throw field.bad("name", "a name that no other port has");
            }
            int number = requiredPort(field, "port");
            var port = new Service.Port(name, field.protocol("protocol"), number);
            if (!numbers.add(port.protocol() + " " + number)) {
                throw field.bad("port", "a port that no other entry has for " + port.protocol());
            }
            if (!field.isZero("nodePort")) {
                field.port("nodePort");
            }
            ports.add(port);
            targets.add(target(field, number));
        }
    }

    static int requiredPort(Fields field, String name) throws BadFieldException {
        Optional<Integer> port = field.port(name);
        if (port.isEmpty()) {
            throw field.bad(name, Fields.PORT_RANGE);
        }
        return port.get();
    }

    private static Target target(Fields port, int number) throws BadFieldException {
        String name = "targetPort";
        if (!port.has(name) || port.isZero(name)) {
            return new Target(Optional.empty(), number);
        }
        if (port.isNumber(name)) {
            return new Target(Optional.empty(), port.port(name).orElseThrow());
        }
        Optional<String> named;
        try {
            named = port.string(name).filter(Names::isPort);
        } catch (BadFieldException e) {
            named = Optional.empty();
        }
        if (named.isEmpty()) {
            throw port.bad(name, Fields.PORT_RANGE + ", or the name of a container's port (" + Names.PORT + ")");
        }
        return new Target(named, 0);
    }
}
