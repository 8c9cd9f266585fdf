// SPDX-License-Identifier: Apache-2.0
package io.podlane.hostrouting;

import io.podlane.api.cluster.Cidr;
import io.podlane.api.cluster.ClusterChange;
import io.podlane.api.cluster.ClusterState;
import io.podlane.api.cluster.Node;
import io.podlane.api.device.Device;
import io.podlane.api.kernel.KernelException;
import io.podlane.api.reconcile.Backoff;
import io.podlane.api.reconcile.OwnerThread;
import io.podlane.api.status.Problems;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps the routes to other nodes' pods what nodes, uplinks and the kernel's own routes say. For the owner thread only. */
final class NodeReconciler {
    private static final Logger LOG = LoggerFactory.getLogger(NodeReconciler.class);
    private static final String SUBJECT = "node routes";
    private static final Duration SETTLE = Duration.ofMillis(50);

    private final NodeRoutes routes;
    private final OwnerThread thread;
    private final Problems problems;
    private final Backoff backoff = new Backoff(HostRouting.FIRST_RETRY, HostRouting.LAST_RETRY);
    /** Null until they have been said. */
    private Set<Device> uplinks;
    /** Null until they have been said. */
    private Map<String, Node> nodes;

    private boolean looking;
    private boolean purged;

    NodeReconciler(NodeRoutes routes, OwnerThread thread, Problems problems) {
        this.routes = routes;
        this.thread = thread;
        this.problems = problems;
    }

    void uplinks(Set<Device> now) {
        uplinks = now;
        look();
    }

    void snapshot(ClusterState state) {
        nodes = new HashMap<>(state.nodes());
        look();
    }

    void changed(List<ClusterChange> changes) {
        if (nodes == null) {
            return;
        }
        boolean concerned = false;
        for (ClusterChange change : changes) {
            if (change instanceof ClusterChange.NodeChanged c) {
                concerned |= !c.node().equals(nodes.put(c.node().name(), c.node()));
            } else if (change instanceof ClusterChange.NodeRemoved c) {
                concerned |= nodes.remove(c.name()) != null;
            }
        }
        if (concerned) {
            look();
        }
    }

    /** The kernel's devices, addresses or routes have changed, and may go on to do so. */
    void lookSoon() {
        lookIn(SETTLE);
    }

    private void lookIn(Duration delay) {
        if (!looking) {
            looking = true;
            thread.after(delay, () -> {
                looking = false;
                look();
            });
        }
    }

    private void look() {
        if (nodes == null || uplinks == null || purged) {
            return;
        }
        try {
            var ifindexes = uplinks.stream().map(Device::ifindex).collect(Collectors.toSet());
            var found = routes.reconcile(nodes.values(), ifindexes);
            found.forEach(problems::report);
            problems.retain(found.keySet());
            backoff.reset();
        } catch (KernelException e) {
            LOG.warn("event=nodes-failed error=\"{}\"", e.getMessage());
            problems.report(SUBJECT, e.getMessage() + "; trying again");
            lookIn(backoff.next());
        }
    }

    /** The next hops as the programs see them. */
    Map<Cidr, NextHop> nextHops() {
        return routes.nextHops();
    }

    Set<Device> uplinks() {
        return uplinks == null ? Set.of() : uplinks;
    }

    /** Removes the routes from the kernel, and makes none any more. */
    void purge() {
        purged = true;
        routes.purge();
    }
}
