// SPDX-License-Identifier: Apache-2.0
package io.podlane.api.device;

import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * What a pod's network should be.
 *
 * @param name the pod's name, {@code namespace/name} or just a name; unique on the node
 * @param netns the path of its network namespace, such as {@code /run/netns/NAME} or {@code /proc/PID/ns/net}
 * @param ips its addresses, at least one
 * @param labels its labels, for Services that select by them
 * @param kind the device kind asked for; empty for the best that this node has
 */
public record PodSpec(
        String name, String netns, List<InetAddress> ips, Map<String, String> labels, Optional<String> kind) {
    public PodSpec {
        Objects.requireNonNull(name);
        Objects.requireNonNull(netns);
        ips = List.copyOf(ips);
        labels = Map.copyOf(labels);
        Objects.requireNonNull(kind);
    }
}
