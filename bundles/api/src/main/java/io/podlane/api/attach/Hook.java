// SPDX-License-Identifier: Apache-2.0
package io.podlane.api.attach;

/**
 * A place in a packet's way, named by what it means. What it is in the kernel differs from device kind to device kind:
 * a pod's egress is the peer side of a netkit pair, but the tcx ingress of a veth pair's host side.
 */
public enum Hook {
    /** What a pod sends, before anything else on the node has seen it. */
    POD_EGRESS,
    /** What a pod is about to receive, redirected there or not. */
    POD_INGRESS,
    /** What an uplink has received from the wire. */
    UPLINK_INGRESS,
    /** What an uplink is about to send on the wire. */
    UPLINK_EGRESS,
    /** What an uplink has received, in its driver. */
    XDP
}
