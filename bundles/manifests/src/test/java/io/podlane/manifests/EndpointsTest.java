// SPDX-License-Identifier: Apache-2.0
package io.podlane.manifests;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.podlane.api.cluster.EndpointSlice;
import io.podlane.api.cluster.IpAddress;
import io.podlane.api.cluster.ObjectName;
import io.podlane.api.cluster.Pod;
import java.io.StringReader;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class EndpointsTest {
    private static final String WEB =
            """
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: web}
            spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
            """;

    private static String pod(String name, String labels, String status) {
        return pod(name, labels, status, "");
    }

    private static String pod(String name, String labels, String status, String ports) {
        return "---\napiVersion: v1\nkind: Pod\nmetadata: {name: " + name + ", labels: {" + labels
                + "}}\nspec: {nodeName: a, containers: [{ports: [" + ports + "]}]}\nstatus: {" + status + "}\n";
    }

    private static Pod own(String name, String labelValue, String... ips) {
        return new Pod(
                new ObjectName("default", name),
                "me",
                List.of(ips).stream().map(IpAddress::parse).toList(),
                Map.of("app", labelValue),
                true);
    }

    private static Endpoints.Result complete(String yaml, Pod... own) throws Exception {
        var files = new TreeMap<String, FileContent>();
        files.put(
                "all.yaml",
                FileContent.of("all.yaml", ManifestReader.read("all.yaml", new StringReader(yaml)), FileContent.EMPTY));
        FolderContent content = FolderContent.of(files);
        assertEquals(Map.of(), content.problems());
        return Endpoints.complete(content, List.of(own));
    }

    /** Each slice in one line: its name, and its endpoints with what they are. */
    private static Map<String, String> slices(Endpoints.Result result) {
        var shown = new TreeMap<String, String>();
        result.state()
                .slices()
                .forEach((name, slice) -> shown.put(
                        name.toString(),
                        String.join(
                                ", ",
                                slice.endpoints().stream()
                                        .map(EndpointsTest::shown)
                                        .toList())));
        return shown;
    }

    private static String shown(EndpointSlice.Endpoint endpoint) {
        return endpoint.address().getHostAddress() + "@" + endpoint.nodeName() + (endpoint.ready() ? "" : " not ready")
                + (endpoint.serving() ? "" : " not serving") + (endpoint.terminating() ? " terminating" : "");
    }

    @Test
    void aServiceWithASelectorGetsThePodsThatHaveAllItsLabels() throws Exception {
        var result = complete(WEB.replace("app: web}, ports", "app: web, tier: front}, ports")
                + pod("b", "app: web, tier: front, more: x", "podIP: 10.1.0.2")
                + pod("a", "app: web, tier: front", "podIP: 10.1.0.1")
                + pod("c", "app: web", "podIP: 10.1.0.3")
                + pod("d", "app: web, tier: front", "podIP: 10.1.0.4").replace("{name: d,", "{name: d, namespace: x,")
                + pod("e", "app: web, tier: front", ""));

        assertEquals(Map.of("default/web-podlane:ipv4:8080", "10.1.0.1@a, 10.1.0.2@a"), slices(result));
        EndpointSlice slice = result.state().slices().values().iterator().next();
        assertEquals("web", slice.service());
        assertEquals(8080, slice.ports().get(0).port());
        assertEquals(5, result.state().pods().size());
    }

    @Test
    void anEndpointSliceOfTheServiceTakesThePlaceOfTheSelector() throws Exception {
        var result = complete(
                WEB + pod("a", "app: web", "podIP: 10.1.0.1")
                        + """
                        ---
                        apiVersion: discovery.k8s.io/v1
                        kind: EndpointSlice
                        metadata: {name: mine, labels: {kubernetes.io/service-name: web}}
                        addressType: IPv4
                        ports: [{port: 8080}, {name: every}]
                        endpoints:
                        - {addresses: [10.9.0.1], nodeName: z, conditions: {ready: false, serving: true, terminating: true}}
                        - {addresses: [10.9.0.2], conditions: {ready: null}}
                        - {addresses: [10.9.0.3, 10.9.0.4], conditions: {ready: false}}
                        ---
                        {apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: nobodys}, addressType: IPv4}
                        """);

        assertEquals(
                Map.of("default/mine", "10.9.0.1@z not ready terminating, 10.9.0.2@, 10.9.0.3@ not ready not serving"),
                slices(result));
        assertEquals(
                1, result.state().slices().values().iterator().next().ports().size());
    }

    @Test
    void readinessIsThatOfThePodAndPodsThatHaveEndedAreNoEndpoints() throws Exception {
        String pods = pod("a", "app: web", "podIP: 10.1.0.1, conditions: [{type: Ready, status: 'False'}]")
                + pod("b", "app: web", "podIP: 10.1.0.2, conditions: [{type: Ready, status: 'True'}]")
                + pod("c", "app: web", "podIP: 10.1.0.3, phase: Succeeded")
                + pod("d", "app: web", "podIP: 10.1.0.4, phase: Failed")
                + pod("e", "app: web", "podIP: 10.1.0.5")
                        .replace("{name: e,", "{name: e, deletionTimestamp: '2026-01-01T00:00:00Z',");

        assertEquals(
                Map.of(
                        "default/web-podlane:ipv4:8080",
                        "10.1.0.1@a not ready not serving, 10.1.0.2@a, 10.1.0.5@a not ready terminating"),
                slices(complete(WEB + pods)));
        assertEquals(
                Map.of("default/web-podlane:ipv4:8080", "10.1.0.1@a not serving, 10.1.0.2@a, 10.1.0.5@a terminating"),
                slices(complete(WEB.replace("spec: {", "spec: {publishNotReadyAddresses: true, ") + pods)));
    }

    @Test
    void namedPortsAreResolvedInEachPodAndPodsThatDifferGetSlicesOfTheirOwn() throws Exception {
        String service = WEB.replace(
                "[{port: 80, targetPort: 8080}]",
                "[{name: http, port: 80, targetPort: web}, {name: dns, port: 53, protocol: UDP, targetPort: web},"
                        + " {name: same, port: 7}]");
        var result = complete(service
                + pod(
                        "a",
                        "app: web",
                        "podIP: 10.1.0.1",
                        "{name: web, containerPort: 8080}, {name: web, containerPort: 5353, protocol: UDP}")
                + pod(
                        "b",
                        "app: web",
                        "podIP: 10.1.0.2",
                        "{name: web, containerPort: 9090}, {name: web, containerPort: 5353, protocol: UDP}")
                + pod("c", "app: web", "podIP: 10.1.0.3", "{name: web, containerPort: 8080}")
                + pod("d", "app: web", "podIP: 10.1.0.4"));

        assertEquals(
                Map.of(
                        "default/web-podlane:ipv4:http=8080:dns=5353:same=7", "10.1.0.1@a",
                        "default/web-podlane:ipv4:http=9090:dns=5353:same=7", "10.1.0.2@a",
                        "default/web-podlane:ipv4:http=8080:same=7", "10.1.0.3@a",
                        "default/web-podlane:ipv4:same=7", "10.1.0.4@a"),
                slices(result));
        assertEquals(
                Map.of(
                        "all.yaml: Service default/web",
                        "spec.ports[0].targetPort: \"web\" (TCP) is no port of pod default/d, so they get nothing for it."
                                + " spec.ports[1].targetPort: \"web\" (UDP) is no port of pods default/c, default/d, so"
                                + " they get nothing for it."),
                result.problems());
    }

    @Test
    void thePortOfASidecarCountsAndThatOfAnInitContainerDoesNot() throws Exception {
        String service = WEB.replace("targetPort: 8080", "targetPort: web");
        String sidecar = pod("a", "app: web", "podIP: 10.1.0.1")
                .replace(
                        "containers:",
                        "initContainers: [{restartPolicy: Always, ports: [{name: web, containerPort: 81}]}], containers:");

        assertEquals(Map.of("default/web-podlane:ipv4:81", "10.1.0.1@a"), slices(complete(service + sidecar)));
        assertEquals(Map.of(), slices(complete(service + sidecar.replace("Always", "Never"))));
    }

    @Test
    void theFamiliesHaveSlicesOfTheirOwnAndOnlyThoseOfTheService() throws Exception {
        String pods = pod("a", "app: web", "podIPs: [{ip: 10.1.0.1}, {ip: 'fd00::1'}]")
                + pod("b", "app: web", "podIPs: [{ip: 'fd00::2'}]");

        assertEquals(
                Map.of(
                        "default/web-podlane:ipv4:8080", "10.1.0.1@a",
                        "default/web-podlane:ipv6:8080", "fd00:0:0:0:0:0:0:1@a, fd00:0:0:0:0:0:0:2@a"),
                slices(complete(WEB + pods)));
        assertEquals(
                Map.of("default/web-podlane:ipv4:8080", "10.1.0.1@a"),
                slices(complete(WEB.replace("spec: {", "spec: {clusterIP: 10.96.0.1, ") + pods)));
        assertEquals(
                Map.of("default/web-podlane:ipv6:8080", "fd00:0:0:0:0:0:0:1@a, fd00:0:0:0:0:0:0:2@a"),
                slices(complete(WEB.replace("spec: {", "spec: {clusterIP: 'fd01::1', ") + pods)));
    }

    @Test
    void thePodsOfThisNodeAreEndpointsToo() throws Exception {
        var result = complete(WEB + pod("a", "app: web", "podIP: 10.1.0.1"), own("mine", "web", "10.1.0.9"));

        assertEquals(Map.of("default/web-podlane:ipv4:8080", "10.1.0.1@a, 10.1.0.9@me"), slices(result));
        assertEquals(
                "me",
                result.state().pods().get(new ObjectName("default", "mine")).node());
    }

    @Test
    void whereThePodsOfThisNodeAndOfTheFilesDisagreeTheFilesAreRight() throws Exception {
        String files = WEB + pod("a", "app: web", "podIP: 10.1.0.1") + pod("b", "app: other", "podIP: 10.1.0.2");

        assertEquals(
                Map.of("default/web-podlane:ipv4:8080", "10.1.0.1@a, 10.1.0.3@me"),
                slices(complete(
                        files,
                        own("a", "web", "10.1.0.7"),
                        own("x", "web", "10.1.0.1"),
                        own("y", "web", "10.1.0.2", "10.1.0.3"))));
    }

    @Test
    void aPodOfTheFilesWithoutAddressHasThatOfThisNode() throws Exception {
        String service = WEB.replace("targetPort: 8080", "targetPort: web");
        String manifest = pod("a", "app: web", "", "{name: web, containerPort: 81}");

        assertEquals(
                Map.of("default/web-podlane:ipv4:81", "10.1.0.7@me"),
                slices(complete(service + manifest, own("a", "ignored", "10.1.0.7"))));
    }

    @Test
    void aServiceThatIsANameSelectsNobody() throws Exception {
        String service = WEB.replace("spec: {", "spec: {type: ExternalName, externalName: example.org, ");

        assertEquals(Map.of(), slices(complete(service + pod("a", "app: web", "podIP: 10.1.0.1"))));
    }

    @Test
    void nodesHaveTheirFirstAddressOfEachFamilyAndTheirBlocks() throws Exception {
        var state = complete(
                        """
                        apiVersion: v1
                        kind: Node
                        metadata: {name: n}
                        spec: {podCIDR: 10.1.0.0/24, podCIDRs: [10.1.0.0/24, 'fd00:1::/64']}
                        status:
                          addresses:
                          - {type: Hostname, address: n}
                          - {type: InternalIP, address: 192.168.0.1}
                          - {type: InternalIP, address: 192.168.0.2}
                          - {type: InternalIP, address: 'fd00::9'}
                        """)
                .state();

        assertEquals(
                "Node[name=n, internalIps=[/192.168.0.1, /fd00:0:0:0:0:0:0:9],"
                        + " podCidrs=[10.1.0.0/24, fd00:1:0:0:0:0:0:0/64]]",
                state.nodes().get("n").toString());
    }
}
