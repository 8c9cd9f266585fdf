// SPDX-License-Identifier: Apache-2.0
package io.podlane.linux.pair;

import io.podlane.api.device.Device;
import io.podlane.api.device.PodLink;
import io.podlane.api.device.PodSpec;
import io.podlane.linux.netlink.Link;
import io.podlane.linux.netlink.LinkSpec;
import io.podlane.linux.netlink.Rtnetlink;
import java.util.Optional;
import org.osgi.annotation.versioning.ConsumerType;

/** What one kind of device pair has of its own. All else is with {@link DevicePairs}. Safe for use by several threads. */
@ConsumerType
public interface PairKind {
    /** What the kernel calls devices of this kind, and {@code --kind} too. */
    String name();

    /** The pair to be made of these two sides. */
    LinkSpec pair(LinkSpec.Side nodeSide, LinkSpec.Side podSide);

    /** The node's side, with the hooks that it has, whether or not a pod has the other side yet. */
    Device device(Link nodeSide);

    /**
     * Gives both sides what they need to reach each other, beyond what every kind gets: both sides are on, the pod's has
     * the pod's addresses, and the node gets its routes to these afterwards.
     *
     * @param node sockets in the node's network namespace
     * @param pod sockets in the pod's
     * @param spec the pod
     * @param nodeSide the node's side; its peer is the pod's side
     * @throws io.podlane.api.kernel.KernelException if the kernel refuses; then the pair is removed
     */
    PodLink connect(Rtnetlink node, Rtnetlink pod, PodSpec spec, Link nodeSide);

    /**
     * Recognizes a pair that an earlier run connected.
     *
     * @param node sockets in the node's network namespace
     * @param spec the pod
     * @param nodeSide a device of this kind whose other side is in the pod's namespace
     * @return empty if it is not such a pair, or the wrong side of it
     */
    Optional<PodLink> recognize(Rtnetlink node, PodSpec spec, Link nodeSide);
}
