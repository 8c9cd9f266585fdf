// SPDX-License-Identifier: Apache-2.0
package io.podlane.manifests;

import io.podlane.api.cluster.EndpointSlice;
import io.podlane.api.cluster.ObjectName;
import io.podlane.api.cluster.Service;
import io.podlane.manifests.Fields.BadFieldException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;

/** An EndpointSlice; its Service is empty if the label that names one is missing. */
record SliceManifest(EndpointSlice slice) implements Manifest {
    private static final String SERVICE_LABEL = "kubernetes.io/service-name";

    static SliceManifest read(ObjectName name, Fields object) throws BadFieldException {
        String type = object.string("addressType").orElse("");
        if (!type.equals("IPv4") && !type.equals("IPv6") && !type.equals("FQDN")) {
            throw object.bad("addressType", "IPv4, IPv6 or FQDN");
        }
        String service = object.object("metadata").labels("labels").getOrDefault(SERVICE_LABEL, "");
        var endpoints = new ArrayList<EndpointSlice.Endpoint>();
        // kube-proxy, too, passes over endpoints that are names.
        if (!type.equals("FQDN")) {
            for (Fields endpoint : object.objects("endpoints")) {
                endpoints.add(endpoint(endpoint, type.equals("IPv6")));
            }
        }
        return new SliceManifest(new EndpointSlice(name, service, ports(object), endpoints));
    }

    private static EndpointSlice.Endpoint endpoint(Fields endpoint, boolean v6) throws BadFieldException {
        if (endpoint.list("addresses").isEmpty()) {
            throw endpoint.bad("addresses", "at least one address");
        }
        List<InetAddress> addresses = endpoint.addresses("addresses");
        for (int i = 0; i < addresses.size(); i++) {
            InetAddress address = addresses.get(i);
            String path = endpoint.path("addresses") + "[" + i + "]";
            Yaml found = endpoint.list("addresses").get(i);
            if (address instanceof Inet6Address != v6) {
                throw Fields.bad(path, found, "an " + (v6 ? "IPv6" : "IPv4") + " address, as addressType says");
            }
            if (address.isAnyLocalAddress()
                    || address.isLoopbackAddress()
                    || address.isLinkLocalAddress()
                    || address.isMCLinkLocal()) {
                throw Fields.bad(path, found, "an address that is not unspecified, loopback or link-local");
            }
        }
        Fields conditions = endpoint.object("conditions");
        boolean ready = conditions.bool("ready").orElse(true);
        return new EndpointSlice.Endpoint(
                addresses.get(0),
                ready,
                conditions.bool("serving").orElse(ready),
                conditions.bool("terminating").orElse(false),
                endpoint.string("nodeName").orElse(""));
    }

    private static List<Service.Port> ports(Fields object) throws BadFieldException {
        var ports = new ArrayList<Service.Port>();
        var names = new HashSet<String>();
        for (Fields field : object.objects("ports")) {
            String name = field.string("name").orElse("");
            if (!name.isEmpty() && !Names.isLabel(name)) {
                throw field.bad("name", Names.LABEL);
            }
            if (!names.add(name)) {
                throw field.bad("name", "a name that no other port has");
            }
            var protocol = field.protocol("protocol");
            // No number stands for every port; kube-proxy passes over those as well.
            field.port("port").ifPresent(port -> ports.add(new Service.Port(name, protocol, port)));
        }
        return ports;
    }
}
