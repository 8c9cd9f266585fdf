// SPDX-License-Identifier: Apache-2.0
package io.podlane.api.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClusterStateTest {
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void theChangesBetweenTwoStatesLeadFromOneToTheOther(long seed) {
        var random = new Random(seed);
        var state = ClusterState.EMPTY;
        for (int i = 0; i < 200; i++) {
            var next = anyState(random);
            assertEquals(next, state.with(state.changesTo(next)));
            assertEquals(List.of(), next.changesTo(next));
            state = next;
        }
    }

    @Test
    void whatGoesComesBeforeWhatComesAndEndpointsSurroundTheirService() {
        var before = new ClusterState(
                Map.of(name("a"), service("a", 1)), Map.of(name("as"), slice("as", 1)), Map.of(), Map.of());
        var after = new ClusterState(
                Map.of(name("b"), service("b", 1)), Map.of(name("bs"), slice("bs", 1)), Map.of(), Map.of());

        assertEquals(
                List.of(
                        new ClusterChange.ServiceRemoved(name("a")),
                        new ClusterChange.SliceRemoved(name("as")),
                        new ClusterChange.SliceChanged(slice("bs", 1)),
                        new ClusterChange.ServiceChanged(service("b", 1))),
                before.changesTo(after));
    }

    @Test
    void kindsWithoutAChangeAreShared() {
        var state = new ClusterState(Map.of(name("a"), service("a", 1)), Map.of(), Map.of(), Map.of());

        var next = state.with(List.of(new ClusterChange.NodeChanged(new Node("n", List.of(), List.of()))));

        assertSame(state.services(), next.services());
    }

    private static ClusterState anyState(Random random) {
        var services = new HashMap<ObjectName, Service>();
        var slices = new HashMap<ObjectName, EndpointSlice>();
        var pods = new HashMap<ObjectName, Pod>();
        var nodes = new HashMap<String, Node>();
        for (String name : List.of("a", "b", "c")) {
            if (random.nextBoolean()) {
                services.put(name(name), service(name, 1 + random.nextInt(3)));
            }
            if (random.nextBoolean()) {
                slices.put(name(name), slice(name, 1 + random.nextInt(3)));
            }
            if (random.nextBoolean()) {
                pods.put(name(name), new Pod(name(name), "n", List.of(), Map.of(), random.nextBoolean()));
            }
            if (random.nextBoolean()) {
                nodes.put(
                        name,
                        new Node(
                                name, List.of(), random.nextBoolean() ? List.of() : List.of(Cidr.parse("10.0.0.0/8"))));
            }
        }
        return new ClusterState(services, slices, pods, nodes);
    }

    private static ObjectName name(String name) {
        return new ObjectName("default", name);
    }

    private static Service service(String name, int port) {
        return new Service(
                name(name), Service.Type.ClusterIP, List.of(), List.of(new Service.Port("", Protocol.TCP, port)));
    }

    private static EndpointSlice slice(String name, int port) {
        return new EndpointSlice(name(name), name, List.of(new Service.Port("", Protocol.TCP, port)), List.of());
    }
}
