// SPDX-License-Identifier: Apache-2.0
package io.podlane.api.cluster;

import java.net.InetAddress;
import java.util.List;
import java.util.Map;

/**
 * A pod of the cluster.
 *
 * @param name its name
 * @param node the node it runs on; empty if it is not placed yet
 * @param ips its addresses; empty if it has none yet
 * @param labels its labels
 * @param ready whether it is Ready; true where it is not said
 */
public record Pod(ObjectName name, String node, List<InetAddress> ips, Map<String, String> labels, boolean ready) {
    public Pod {
        ips = List.copyOf(ips);
        labels = Map.copyOf(labels);
    }
}
