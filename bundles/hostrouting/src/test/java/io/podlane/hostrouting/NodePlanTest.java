// SPDX-License-Identifier: Apache-2.0
package io.podlane.hostrouting;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.podlane.api.cluster.Cidr;
import io.podlane.api.cluster.IpAddress;
import io.podlane.api.cluster.Node;
import io.podlane.linux.netlink.Route;
import java.net.Inet4Address;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class NodePlanTest {
    private static final int UPLINK = 7;
    private static final Cidr PODS_B = Cidr.parse("10.2.0.0/24");
    private static final Route NETWORK =
            Route.to(Cidr.parse("192.168.0.0/24")).dev(UPLINK).protocol(2);
    private static final Route DEFAULT =
            Route.to(Cidr.parse("0.0.0.0/0")).via(address("192.168.0.254")).dev(UPLINK);
    private static final Route OURS_TO_B =
            Route.to(PODS_B).via(address("192.168.0.2")).dev(UPLINK).protocol(NodePlan.PROTOCOL);

    private static Inet4Address address(String text) {
        return (Inet4Address) IpAddress.parse(text);
    }

    private static Node node(String name, String address, String pods) {
        return new Node(name, List.of(address(address)), List.of(Cidr.parse(pods), Cidr.parse("fd00:2::/64")));
    }

    private static NodePlan plan(List<Route> existing, Node... nodes) {
        return NodePlan.of("a", List.of(nodes), Set.of(UPLINK), existing);
    }

    private static final Node A = node("a", "192.168.0.1", "10.1.0.0/24");
    private static final Node B = node("b", "192.168.0.2", "10.2.0.0/24");

    @Test
    void anotherNodesPodsAreReachedThroughItsAddressAndOurOwnAreNotRouted() {
        var existing = List.of(DEFAULT, NETWORK);
        var plan = plan(existing, A, B);

        assertEquals(Map.of(PODS_B, new NextHop(address("192.168.0.2"), UPLINK)), plan.nextHops());
        assertEquals(List.of(OURS_TO_B), plan.missing(existing));
        assertEquals(List.of(), plan.obsolete(existing));
        assertEquals(Map.of(), plan.problems());
    }

    @Test
    void whatIsThereAlreadyIsLeftAlone() {
        var existing = List.of(NETWORK, OURS_TO_B);
        var plan = plan(existing, A, B);

        assertEquals(List.of(), plan.missing(existing));
        assertEquals(List.of(), plan.obsolete(existing));
    }

    @Test
    void aNodeThatIsGoneTakesItsRouteAlong() {
        var existing = List.of(NETWORK, OURS_TO_B);
        var plan = plan(existing, A);

        assertEquals(List.of(OURS_TO_B), plan.obsolete(existing));
        assertEquals(Map.of(), plan.nextHops());
    }

    @Test
    void aNodesNewAddressReplacesTheRoute() {
        var existing = List.of(NETWORK, OURS_TO_B);
        var plan = plan(existing, A, node("b", "192.168.0.3", "10.2.0.0/24"));

        assertEquals(List.of(OURS_TO_B), plan.obsolete(existing));
        assertEquals(List.of(OURS_TO_B.via(address("192.168.0.3"))), plan.missing(existing));
    }

    @Test
    void aUsersOwnRouteWinsAndIsFollowed() {
        Route users = Route.to(PODS_B)
                .via(address("192.168.0.200"))
                .dev(UPLINK)
                .protocol(4)
                .metric(100);
        var existing = List.of(NETWORK, users, OURS_TO_B);
        var plan = plan(existing, A, B);

        assertEquals(Map.of(PODS_B, new NextHop(address("192.168.0.200"), UPLINK)), plan.nextHops());
        assertEquals(List.of(OURS_TO_B), plan.obsolete(existing));
        assertEquals(List.of(), plan.missing(existing));
    }

    @Test
    void aUsersRouteThatOnlyTheKernelUnderstandsIsLeftToTheKernel() {
        Route tunnel = Route.to(PODS_B).dev(99).protocol(4);
        var plan = plan(List.of(NETWORK, tunnel), A, B);

        assertEquals(Map.of(), plan.nextHops());
        assertEquals(Map.of(), plan.routes());
        assertEquals(Map.of(), plan.problems());
    }

    @Test
    void aNodeBehindARouterIsAProblemThatNamesIt() {
        var plan = plan(List.of(DEFAULT, NETWORK), A, node("b", "172.16.0.2", "10.2.0.0/24"));

        assertEquals(Map.of(), plan.nextHops());
        assertTrue(
                plan.problems().get("node b").contains("172.16.0.2"),
                plan.problems().toString());
    }

    @Test
    void withoutTheUplinkNothingIsRouted() {
        var plan = NodePlan.of("a", List.of(A, B), Set.of(), List.of(NETWORK));

        assertEquals(Map.of(), plan.nextHops());
        assertEquals(Map.of(), plan.routes());
    }

    @Test
    void twoNodesWithTheSamePodAddressesAreAProblemAndTheFirstByNameHasThem() {
        var plan = plan(List.of(NETWORK), A, node("c", "192.168.0.3", "10.2.0.0/24"), B);

        assertEquals(Map.of(PODS_B, new NextHop(address("192.168.0.2"), UPLINK)), plan.nextHops());
        assertTrue(
                plan.problems().get("node c").contains("node b"),
                plan.problems().toString());
    }
}
