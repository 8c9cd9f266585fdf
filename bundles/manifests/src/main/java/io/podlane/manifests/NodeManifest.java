// SPDX-License-Identifier: Apache-2.0
package io.podlane.manifests;

import io.podlane.api.cluster.Cidr;
import io.podlane.api.cluster.Node;
import io.podlane.manifests.Fields.BadFieldException;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;

/** A node. */
record NodeManifest(Node node) implements Manifest {
    static NodeManifest read(String name, Fields object) throws BadFieldException {
        var internal = new ArrayList<InetAddress>();
        for (Fields address : object.object("status").objects("addresses")) {
            if (address.string("type").orElse("").equals("InternalIP")) {
                internal.add(address.address("address"));
            }
        }
        return new NodeManifest(new Node(name, Families.firstOfEach(internal), podCidrs(object.object("spec"))));
    }

    private static List<Cidr> podCidrs(Fields spec) throws BadFieldException {
        var cidrs = new ArrayList<Cidr>();
        for (Yaml item : spec.list("podCIDRs")) {
            cidrs.add(Fields.cidr(spec.path("podCIDRs") + "[" + cidrs.size() + "]", item));
        }
        boolean one = !spec.string("podCIDR").orElse("").isEmpty();
        if (cidrs.isEmpty()) {
            return one ? List.of(spec.cidr("podCIDR")) : List.of();
        }
        if (one && !spec.cidr("podCIDR").equals(cidrs.get(0))) {
            throw spec.bad("podCIDR", "the first of podCIDRs, " + cidrs.get(0));
        }
        if (!Families.atMostOneOfEach(cidrs.stream().map(Cidr::address).toList())) {
            throw spec.bad("podCIDRs", "at most one IPv4 and one IPv6 block");
        }
        return cidrs;
    }
}
