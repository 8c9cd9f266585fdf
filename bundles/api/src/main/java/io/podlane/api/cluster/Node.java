// SPDX-License-Identifier: Apache-2.0
package io.podlane.api.cluster;

import java.net.InetAddress;
import java.util.List;

/**
 * A node of the cluster.
 *
 * @param name its name; nodes have no namespace
 * @param internalIps its addresses of type InternalIP, at most one of a family
 * @param podCidrs the address blocks of its pods, at most one of a family
 */
public record Node(String name, List<InetAddress> internalIps, List<Cidr> podCidrs) {
    public Node {
        internalIps = List.copyOf(internalIps);
        podCidrs = List.copyOf(podCidrs);
    }
}
