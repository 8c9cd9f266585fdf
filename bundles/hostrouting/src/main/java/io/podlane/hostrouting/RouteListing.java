// SPDX-License-Identifier: Apache-2.0
package io.podlane.hostrouting;

import java.util.List;

/** Where packets go from device to device, as people and programs read it. */
public interface RouteListing {
    /** One row for each address of a pod of this node and each address block of another node. */
    List<Row> rows();

    /**
     * A destination; the components are the columns and JSON fields of {@code route:list}.
     *
     * @param kind {@code pod} or {@code node}
     * @param nextHop the neighbour's address; empty for a pod
     * @param skipsIngress whether nothing is attached to the pod's ingress, so that packets need not pass there
     */
    record Row(String destination, String kind, String device, String nextHop, boolean skipsIngress) {}
}
