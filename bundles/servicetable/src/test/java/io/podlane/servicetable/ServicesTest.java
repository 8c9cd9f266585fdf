// SPDX-License-Identifier: Apache-2.0
package io.podlane.servicetable;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.podlane.api.cluster.ClusterChange;
import io.podlane.api.cluster.ClusterState;
import io.podlane.api.cluster.EndpointSlice;
import io.podlane.api.cluster.IpAddress;
import io.podlane.api.cluster.ObjectName;
import io.podlane.api.cluster.Protocol;
import io.podlane.api.cluster.Service;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

final class ServicesTest {
    private static final Frontend HTTP = frontend("10.96.0.1", 80, Protocol.TCP);
    private final Services services = new Services();

    private static Frontend frontend(String address, int port, Protocol protocol) {
        return new Frontend((Inet4Address) IpAddress.parse(address), port, protocol);
    }

    private static ObjectName name(String name) {
        return new ObjectName("default", name);
    }

    private static Service service(String name, String address, Service.Port... ports) {
        List<InetAddress> addresses = address.isEmpty() ? List.of() : List.of(IpAddress.parse(address));
        return new Service(name(name), Service.Type.ClusterIP, addresses, List.of(ports));
    }

    private static Service.Port port(String name, int port) {
        return new Service.Port(name, Protocol.TCP, port);
    }

    private static EndpointSlice.Endpoint endpoint(
            String address, boolean ready, boolean serving, boolean terminating) {
        return new EndpointSlice.Endpoint(IpAddress.parse(address), ready, serving, terminating, "");
    }

    private static EndpointSlice slice(
            String name, String service, List<Service.Port> ports, EndpointSlice.Endpoint... endpoints) {
        return new EndpointSlice(name(name), service, ports, List.of(endpoints));
    }

    private Set<Frontend> apply(ClusterChange... changes) {
        return services.apply(List.of(changes));
    }

    private String backends(Frontend frontend) {
        return services.owner(frontend).orElseThrow().backends().entrySet().stream()
                .map(e -> e.getKey() + " " + e.getValue())
                .collect(Collectors.joining(", "));
    }

    @Test
    void aPortLeadsToTheEndpointsPortOfTheSameName() {
        apply(
                new ClusterChange.ServiceChanged(service("web", "10.96.0.1", port("http", 80), port("admin", 81))),
                new ClusterChange.SliceChanged(slice(
                        "web-1",
                        "web",
                        List.of(port("http", 8080), port("admin", 9090)),
                        endpoint("10.1.0.2", true, true, false))));

        assertEquals("10.1.0.2:8080 READY", backends(HTTP));
        assertEquals("10.1.0.2:9090 READY", backends(frontend("10.96.0.1", 81, Protocol.TCP)));
    }

    @Test
    void endpointsThatDoNotServeAreLeftOutAndTheOthersKeepTheirState() {
        apply(
                new ClusterChange.ServiceChanged(service("web", "10.96.0.1", port("", 80))),
                new ClusterChange.SliceChanged(slice(
                        "web-1",
                        "web",
                        List.of(port("", 80)),
                        endpoint("10.1.0.2", true, true, false),
                        endpoint("10.1.0.3", false, false, false),
                        endpoint("10.1.0.4", false, true, true),
                        endpoint("10.1.0.5", false, false, true),
                        endpoint("10.1.0.6", false, true, false),
                        endpoint("fd00::7", true, true, false))));

        assertEquals("10.1.0.2:80 READY, 10.1.0.4:80 TERMINATING, 10.1.0.6:80 SERVING", backends(HTTP));
    }

    @Test
    void aChangeConcernsOnlyItsOwnFrontends() {
        apply(
                new ClusterChange.ServiceChanged(service("web", "10.96.0.1", port("", 80))),
                new ClusterChange.ServiceChanged(service("other", "10.96.0.2", port("", 80))));

        assertEquals(
                Set.of(HTTP),
                apply(new ClusterChange.SliceChanged(
                        slice("web-1", "web", List.of(port("", 80)), endpoint("10.1.0.2", true, true, false)))));
        assertEquals(Set.of(HTTP), apply(new ClusterChange.SliceRemoved(name("web-1"))));
        assertEquals("", backends(HTTP));
        assertEquals(Set.of(), apply(new ClusterChange.SliceRemoved(name("nobody's"))));
        assertEquals(Set.of(HTTP), apply(new ClusterChange.ServiceRemoved(name("web"))));
        assertTrue(services.owner(HTTP).isEmpty());
    }

    @Test
    void aServiceThatMovesConcernsItsOldAndItsNewFrontend() {
        apply(new ClusterChange.ServiceChanged(service("web", "10.96.0.1", port("", 80))));
        assertEquals(
                Set.of(HTTP, frontend("10.96.0.1", 81, Protocol.TCP)),
                apply(new ClusterChange.ServiceChanged(service("web", "10.96.0.1", port("", 81)))));
        assertTrue(services.owner(HTTP).isEmpty());
    }

    @Test
    void aSliceThatMovesToAnotherServiceConcernsBoth() {
        apply(
                new ClusterChange.ServiceChanged(service("web", "10.96.0.1", port("", 80))),
                new ClusterChange.ServiceChanged(service("other", "10.96.0.2", port("", 80))),
                new ClusterChange.SliceChanged(
                        slice("s", "web", List.of(port("", 80)), endpoint("10.1.0.2", true, true, false))));
        apply(new ClusterChange.SliceChanged(
                slice("s", "other", List.of(port("", 80)), endpoint("10.1.0.2", true, true, false))));

        assertEquals("", backends(HTTP));
        assertEquals("10.1.0.2:80 READY", backends(frontend("10.96.0.2", 80, Protocol.TCP)));
    }

    @Test
    void ofTwoServicesWithOneFrontendTheFirstByNameHasItAndBothAreNamed() {
        apply(new ClusterChange.ServiceChanged(service("b", "10.96.0.1", port("", 80))));
        apply(new ClusterChange.ServiceChanged(service("a", "10.96.0.1", port("", 80))));

        assertEquals(name("a"), services.owner(HTTP).orElseThrow().service());
        String problem = services.problems().get("frontend 10.96.0.1:80/TCP");
        assertTrue(problem.contains("default/a") && problem.contains("default/b"), problem);

        apply(new ClusterChange.ServiceRemoved(name("a")));
        assertEquals(name("b"), services.owner(HTTP).orElseThrow().service());
        assertEquals(Map.of(), services.problems());
    }

    @Test
    void whatIsNotInASnapshotIsGone() {
        apply(
                new ClusterChange.ServiceChanged(service("web", "10.96.0.1", port("", 80))),
                new ClusterChange.SliceChanged(
                        slice("s", "web", List.of(port("", 80)), endpoint("10.1.0.2", true, true, false))));
        var other = service("other", "10.96.0.2", port("", 80));
        var concerned = services.replace(new ClusterState(Map.of(other.name(), other), Map.of(), Map.of(), Map.of()));

        assertEquals(Set.of(HTTP, frontend("10.96.0.2", 80, Protocol.TCP)), concerned);
        assertTrue(services.owner(HTTP).isEmpty());
        assertEquals(Set.of(frontend("10.96.0.2", 80, Protocol.TCP)), Set.copyOf(services.frontends()));
    }

    @Test
    void headlessServicesHaveNoFrontendAndNoProblem() {
        assertEquals(Set.of(), apply(new ClusterChange.ServiceChanged(service("headless", "", port("", 80)))));
        assertEquals(Map.of(), services.problems());
    }

    @Test
    void whatCannotBeBalancedYetIsSaid() {
        var sctp = new Service.Port("s", Protocol.SCTP, 99);
        apply(
                new ClusterChange.ServiceChanged(service("six", "fd00::1", port("", 80))),
                new ClusterChange.ServiceChanged(service("sctp", "10.96.0.1", sctp, port("t", 80))));

        assertTrue(services.problems().get("service default/six").contains("IPv6"));
        assertTrue(services.problems().get("service default/sctp").contains("SCTP"));
        assertEquals(Set.of(HTTP), Set.copyOf(services.frontends()));
    }
}
