// SPDX-License-Identifier: Apache-2.0
package io.podlane.hostrouting;

import io.podlane.api.bpf.BpfMap;
import io.podlane.api.cluster.Cidr;
import io.podlane.api.cluster.Node;
import io.podlane.api.kernel.Errno;
import io.podlane.api.kernel.KernelException;
import io.podlane.linux.netlink.Route;
import io.podlane.linux.netlink.Routes;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** The routes to other nodes' pods: in the kernel's main table for the stack, and in a map for the programs. For one thread. */
final class NodeRoutes {
    private static final Errno ESRCH = new Errno(3);

    private final String self;
    private final BpfMap<Cidr, NextHop> nextHops;
    private final Routes routes;

    /** @param self this node's name */
    NodeRoutes(String self, BpfMap<Cidr, NextHop> nextHops, Routes routes) {
        this.self = self;
        this.nextHops = nextHops;
        this.routes = routes;
    }

    /**
     * Makes the routes what the nodes say.
     *
     * @return what could not be done, by subject
     */
    Map<String, String> reconcile(Collection<Node> nodes, Set<Integer> uplinks) {
        List<Route> existing = routes.list(Route.MAIN);
        NodePlan plan = NodePlan.of(self, nodes, uplinks, existing);
        var problems = new HashMap<>(plan.problems());
        var replaced = new HashSet<Cidr>();
        var obsolete = plan.obsolete(existing);
        var obsoleteBlocks = obsolete.stream().map(Route::destination).collect(Collectors.toSet());
        for (Route route : plan.missing(existing)) {
            attempt(route, problems, () -> {
                if (obsoleteBlocks.contains(route.destination())) {
                    routes.replace(route);
                    replaced.add(route.destination());
                } else {
                    routes.add(route);
                }
            });
        }
        writeNextHops(plan.nextHops());
        obsolete.stream()
                .filter(route -> !replaced.contains(route.destination()))
                .forEach(route -> attempt(route, problems, () -> routes.delete(route)));
        return problems;
    }

    /** What somebody else has done meanwhile is no error: the kernel tells of it, and the next attempt sees it. */
    private static void attempt(Route route, Map<String, String> problems, Runnable change) {
        try {
            change.run();
        } catch (KernelException e) {
            if (!e.errno().equals(Errno.EEXIST) && !e.errno().equals(ESRCH)) {
                problems.put("route " + route.destination(), e.getMessage());
            }
        }
    }

    private void writeNextHops(Map<Cidr, NextHop> wanted) {
        var changed = new HashMap<>(wanted);
        var stale = new HashSet<Cidr>();
        nextHops.forEach((block, hop) -> {
            if (!wanted.containsKey(block)) {
                stale.add(block);
            } else if (hop.equals(wanted.get(block))) {
                changed.remove(block);
            }
        });
        if (!changed.isEmpty()) {
            nextHops.putAll(changed);
        }
        if (!stale.isEmpty()) {
            nextHops.removeAll(stale);
        }
    }

    /** The next hops as the programs see them. */
    Map<Cidr, NextHop> nextHops() {
        var all = new HashMap<Cidr, NextHop>();
        nextHops.forEach(all::put);
        return all;
    }

    /** Removes our routes from the kernel. */
    void purge() {
        for (Route route : routes.list(Route.MAIN)) {
            if (route.protocol() == NodePlan.PROTOCOL) {
                routes.delete(route);
            }
        }
    }
}
