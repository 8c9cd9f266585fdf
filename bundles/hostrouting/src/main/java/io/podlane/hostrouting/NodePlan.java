// SPDX-License-Identifier: Apache-2.0
package io.podlane.hostrouting;

import io.podlane.api.cluster.Cidr;
import io.podlane.api.cluster.Node;
import io.podlane.linux.netlink.Route;
import java.net.Inet4Address;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * How other nodes' pods are reached: what the programs and what the kernel's own routes should say. A route that somebody
 * else has made to the same block wins over ours.
 *
 * @param nextHops for the programs
 * @param routes of ours in the kernel
 * @param problems by subject
 */
record NodePlan(Map<Cidr, NextHop> nextHops, Map<Cidr, Route> routes, Map<String, String> problems) {
    /** The protocol number by which our routes are found again; unassigned in rtnetlink.h. */
    static final int PROTOCOL = 113;

    /**
     * Makes the plan.
     *
     * @param self this node's name
     * @param uplinks the uplinks that are there, by ifindex
     * @param existing the kernel's main table
     */
    static NodePlan of(String self, Collection<Node> nodes, Set<Integer> uplinks, List<Route> existing) {
        var plan = new NodePlan(new HashMap<>(), new HashMap<>(), new HashMap<>());
        var owners = new HashMap<Cidr, String>();
        nodes.stream()
                .filter(node -> !node.name().equals(self))
                .sorted(Comparator.comparing(Node::name))
                .forEach(node -> ipv4Blocks(node).forEach(block -> {
                    String owner = owners.putIfAbsent(block, node.name());
                    if (owner == null) {
                        plan.add(node, block, uplinks, existing);
                    } else {
                        plan.problems.put(
                                "node " + node.name(), "its pods' addresses " + block + " are those of node " + owner);
                    }
                }));
        return plan;
    }

    private static List<Cidr> ipv4Blocks(Node node) {
        return node.podCidrs().stream()
                .filter(block -> block.address() instanceof Inet4Address)
                .toList();
    }

    private void add(Node node, Cidr block, Set<Integer> uplinks, List<Route> existing) {
        Optional<Route> foreign = existing.stream()
                .filter(route ->
                        route.protocol() != PROTOCOL && route.destination().equals(block))
                .min(Comparator.comparingInt(Route::metric));
        if (foreign.isPresent()) {
            follow(foreign.get(), block, uplinks);
            return;
        }
        Optional<Inet4Address> address = node.internalIps().stream()
                .filter(Inet4Address.class::isInstance)
                .map(Inet4Address.class::cast)
                .findFirst();
        if (address.isEmpty()) {
            problems.put("node " + node.name(), "it has pods at " + block + ", but no IPv4 address of type InternalIP");
            return;
        }
        Optional<Route> towards = bestRoute(address.get(), existing);
        if (towards.isEmpty()
                || !uplinks.contains(towards.get().ifindex())
                || towards.get().gateway().isPresent()) {
            problems.put(
                    "node " + node.name(),
                    "its address " + address.get().getHostAddress() + " is on no network of an uplink; "
                            + "connect them, or add a route to " + block + " yourself");
            return;
        }
        int uplink = towards.get().ifindex();
        nextHops.put(block, new NextHop(address.get(), uplink));
        routes.put(block, Route.to(block).via(address.get()).dev(uplink).protocol(PROTOCOL));
    }

    /** Somebody else's route: the programs do as it says where they can, and leave the packet to the kernel where not. */
    private void follow(Route route, Cidr block, Set<Integer> uplinks) {
        if (route.type() == Route.Type.UNICAST
                && uplinks.contains(route.ifindex())
                && route.gateway().orElse(null) instanceof Inet4Address gateway) {
            nextHops.put(block, new NextHop(gateway, route.ifindex()));
        }
    }

    private static Optional<Route> bestRoute(Inet4Address address, List<Route> existing) {
        return existing.stream()
                .filter(route -> route.protocol() != PROTOCOL && contains(route.destination(), address))
                .max(Comparator.<Route>comparingInt(route -> route.destination().prefixLength())
                        .thenComparing(Comparator.comparingInt((Route route) -> route.metric())
                                .reversed()));
    }

    private static boolean contains(Cidr block, Inet4Address address) {
        return block.address() instanceof Inet4Address && new Cidr(address, block.prefixLength()).equals(block);
    }

    /** Our routes that should not be there, or not like that. */
    List<Route> obsolete(List<Route> existing) {
        var obsolete = new ArrayList<Route>();
        for (Route route : existing) {
            if (route.protocol() == PROTOCOL && !isPlanned(route)) {
                obsolete.add(route);
            }
        }
        return obsolete;
    }

    /** Our routes that are not there yet. */
    List<Route> missing(List<Route> existing) {
        var missing = new HashMap<>(routes);
        existing.stream()
                .filter(route -> route.protocol() == PROTOCOL && isPlanned(route))
                .forEach(route -> missing.remove(route.destination()));
        return List.copyOf(missing.values());
    }

    private boolean isPlanned(Route route) {
        Route planned = routes.get(route.destination());
        return planned != null
                && planned.ifindex() == route.ifindex()
                && planned.gateway().equals(route.gateway());
    }
}
