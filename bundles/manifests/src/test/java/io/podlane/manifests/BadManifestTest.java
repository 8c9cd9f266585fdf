// SPDX-License-Identifier: Apache-2.0
package io.podlane.manifests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What is said of a bad manifest: file, object, line, field, what was found and what is allowed. */
class BadManifestTest {
    private static final String SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n";
    private static final String SLICE =
            "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: s}\naddressType: IPv4\n";
    private static final String POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n";
    private static final String NODE = "apiVersion: v1\nkind: Node\nmetadata: {name: n}\n";

    @ParameterizedTest(name = "{0}: {2}")
    @MethodSource("badObjects")
    void aBadObjectIsNamedWithFileLineFieldAndWhatIsAllowed(String subject, String yaml, String message)
            throws Exception {
        FileContent content =
                FileContent.of("web.yaml", ManifestReader.read("web.yaml", new StringReader(yaml)), FileContent.EMPTY);

        assertEquals(Map.of("web.yaml: " + subject, message + ". It is left out."), content.problems());
        assertEquals(Map.of(), content.objects());
    }

    static Stream<Arguments> badObjects() {
        String service = "Service default/web";
        String port = "allowed is a whole number from 1 to 65535";
        String unicast = "allowed is an address that is not unspecified, loopback, link-local, multicast or broadcast";
        return Stream.of(
                service("{clusterIP: 10.0.0.1, ports: [{port: 70000}]}", "spec.ports[0].port: found 70000, " + port),
                service("{ports: [{port: 0}]}", "spec.ports[0].port: found 0, " + port),
                service("{clusterIP: 0.0.0.0, ports: [{port: 80}]}", "spec.clusterIP: found \"0.0.0.0\", " + unicast),
                service(
                        "{clusterIP: 127.0.0.1, ports: [{port: 80}]}",
                        "spec.clusterIP: found \"127.0.0.1\", " + unicast),
                service(
                        "{clusterIPs: [10.0.0.1, 'ff02::1'], ports: [{port: 80}]}",
                        "spec.clusterIPs: found a list, " + unicast),
                service("{ports: [{port: -1}]}", "spec.ports[0].port: found -1, " + port),
                service("{ports: [{port: '80'}]}", "spec.ports[0].port: found \"80\", " + port),
                service("{ports: [{port: 80.5}]}", "spec.ports[0].port: found 80.5, " + port),
                service("{ports: [{port: 0x50}]}", "spec.ports[0].port: found 0x50, " + port),
                service("{ports: [{port: 080}]}", "spec.ports[0].port: found 080, " + port),
                service("{ports: [{port: true}]}", "spec.ports[0].port: found true, " + port),
                service("{ports: [{port: [80]}]}", "spec.ports[0].port: found a list, " + port),
                service("{ports: [{name: a}]}", "spec.ports[0].port: found nothing, " + port),
                service("{ports: [80]}", "spec.ports[0]: found 80, allowed is a mapping"),
                service("{ports: {port: 80}}", "spec.ports: found a mapping, allowed is a list"),
                service("{ports: []}", "spec.ports: found a list, allowed is at least one port"),
                service("{}", "spec.ports: found nothing, allowed is at least one port"),
                service("[]", "spec: found a list, allowed is a mapping"),
                service(
                        "{ports: [{port: 80, protocol: tcp}]}",
                        "spec.ports[0].protocol: found \"tcp\", allowed is TCP, UDP or SCTP"),
                service(
                        "{ports: [{port: 80, protocol: ICMP}]}",
                        "spec.ports[0].protocol: found \"ICMP\", allowed is TCP, UDP or SCTP"),
                service(
                        "{ports: [{port: 80}, {name: b, port: 81}]}",
                        "spec.ports[0].name: found nothing, allowed is a name, as there is more than one port"),
                service(
                        "{ports: [{name: a, port: 80}, {name: a, port: 81}]}",
                        "spec.ports[1].name: found \"a\", allowed is a name that no other port has"),
                service(
                        "{ports: [{name: a, port: 80}, {name: b, port: 80}]}",
                        "spec.ports[1].port: found 80, allowed is a port that no other entry has for TCP"),
                service(
                        "{ports: [{name: Web, port: 80}]}",
                        "spec.ports[0].name: found \"Web\", allowed is " + Names.LABEL),
                service(
                        "{ports: [{name: 80, port: 80}]}",
                        "spec.ports[0].name: found 80, allowed is a string; put it in quotes"),
                service(
                        "{ports: [{port: 80, targetPort: '8080'}]}",
                        "spec.ports[0].targetPort: found \"8080\", " + port + ", or the name of a container's port ("
                                + Names.PORT + ")"),
                service(
                        "{ports: [{port: 80, targetPort: a--b}]}",
                        "spec.ports[0].targetPort: found \"a--b\", " + port + ", or the name of a container's port ("
                                + Names.PORT + ")"),
                service("{ports: [{port: 80, targetPort: 65536}]}", "spec.ports[0].targetPort: found 65536, " + port),
                service("{ports: [{port: 80, nodePort: 99999}]}", "spec.ports[0].nodePort: found 99999, " + port),
                service(
                        "{clusterIP: 10.0.0.256, ports: [{port: 80}]}",
                        "spec.clusterIP: found \"10.0.0.256\", allowed is an IPv4 or IPv6 address, None or empty"),
                service(
                        "{clusterIP: web.local, ports: [{port: 80}]}",
                        "spec.clusterIP: found \"web.local\", allowed is an IPv4 or IPv6 address, None or empty"),
                service(
                        "{clusterIP: 10.0.0.1, clusterIPs: [10.0.0.2], ports: [{port: 80}]}",
                        "spec.clusterIP: found \"10.0.0.1\", allowed is the first of clusterIPs, 10.0.0.2"),
                service(
                        "{clusterIPs: [10.0.0.1, 10.0.0.2], ports: [{port: 80}]}",
                        "spec.clusterIPs: found a list, allowed is at most one IPv4 and one IPv6 address"),
                service(
                        "{clusterIPs: [10.0.0.1, x], ports: [{port: 80}]}",
                        "spec.clusterIPs[1]: found \"x\", allowed is an IPv4 or IPv6 address"),
                service(
                        "{clusterIP: None, type: NodePort, ports: [{port: 80}]}",
                        "spec.clusterIP: found \"None\", allowed is an address for a Service of type NodePort"),
                service(
                        "{type: Clusterip, ports: [{port: 80}]}",
                        "spec.type: found \"Clusterip\", allowed is ClusterIP, NodePort, LoadBalancer or ExternalName"),
                service("{type: ExternalName}", "spec.externalName: found nothing, allowed is a DNS name"),
                service(
                        "{selector: {app: 1}, ports: [{port: 80}]}",
                        "spec.selector.app: found 1, allowed is a string; put it in quotes"),
                service(
                        "{selector: {on: yes}, ports: [{port: 80}]}",
                        "spec.selector.on: found yes, allowed is a string; put it in quotes"),
                service("{ports: [{port: 80, port: 81}]}", "spec.ports[0].port: found more than once, allowed is once"),
                arguments(
                        "Service in line 1",
                        "apiVersion: v1\nkind: Service\nmetadata: {name: Web}",
                        "line 3: metadata.name: found \"Web\", allowed is " + Names.SERVICE),
                arguments(
                        "Service in line 1",
                        "apiVersion: v1\nkind: Service",
                        "line 1: metadata.name: found nothing, allowed is " + Names.SERVICE),
                arguments(
                        "Pod in line 1",
                        "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: A}",
                        "line 3: metadata.namespace: found \"A\", allowed is " + Names.LABEL),
                arguments(
                        "object in line 1",
                        "kind: Pod\nmetadata: {name: a}",
                        "line 1: apiVersion: found nothing, allowed is a name"),
                arguments("object in line 1", "just text", "line 1: found \"just text\", allowed is a mapping"),
                arguments(
                        "object in line 4",
                        "kind: List\napiVersion: v1\nitems:\n- {kind: List, apiVersion: v1, items: []}",
                        "line 4: kind: found \"List\", allowed is anything but a List within a List"),
                arguments(
                        "EndpointSlice default/s",
                        "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: s}",
                        "line 1: addressType: found nothing, allowed is IPv4, IPv6 or FQDN"),
                slice("endpoints: [{}]", "endpoints[0].addresses: found nothing, allowed is at least one address"),
                slice(
                        "endpoints: [{addresses: ['fd00::1']}]",
                        "endpoints[0].addresses[0]: found \"fd00::1\", allowed is an IPv4 address, as addressType says"),
                slice(
                        "endpoints: [{addresses: [127.0.0.1]}]",
                        "endpoints[0].addresses[0]: found \"127.0.0.1\", allowed is an address that is not unspecified,"
                                + " loopback or link-local"),
                slice(
                        "endpoints: [{addresses: [10.0.0.1], conditions: {ready: 'true'}}]",
                        "endpoints[0].conditions.ready: found \"true\", allowed is true or false"),
                slice("ports: [{port: 99999}]", "ports[0].port: found 99999, " + port),
                slice(
                        "ports: [{port: 1}, {port: 2}]",
                        "ports[1].name: found nothing, allowed is a name that no other port has"),
                pod("status: {podIP: 10.0.0}", "status.podIP: found \"10.0.0\", allowed is an IPv4 or IPv6 address"),
                pod(
                        "status: {podIP: 10.0.0.1, podIPs: [{ip: 10.0.0.2}]}",
                        "status.podIP: found \"10.0.0.1\", allowed is the first of podIPs, 10.0.0.2"),
                pod("status: {podIPs: [{}]}", "status.podIPs[0].ip: found nothing, allowed is an IPv4 or IPv6 address"),
                pod(
                        "status: {conditions: [{type: Ready, status: true}]}",
                        "status.conditions[0].status: found true, allowed is a string; put it in quotes"),
                pod(
                        "status: {conditions: [{type: Ready, status: yea}]}",
                        "status.conditions[0].status: found \"yea\", allowed is \"True\", \"False\" or \"Unknown\""),
                pod(
                        "spec: {containers: [{ports: [{name: toolongforaportname, containerPort: 80}]}]}",
                        "spec.containers[0].ports[0].name: found \"toolongforaportname\", allowed is " + Names.PORT),
                pod(
                        "spec: {containers: [{ports: [{name: a}]}]}",
                        "spec.containers[0].ports[0].containerPort: found nothing, " + port),
                node(
                        "spec: {podCIDR: 10.1.0.0}",
                        "spec.podCIDR: found \"10.1.0.0\", allowed is an address block such as 10.1.0.0/24"),
                node(
                        "spec: {podCIDR: 10.1.0.0/33}",
                        "spec.podCIDR: found \"10.1.0.0/33\", allowed is an address block such as 10.1.0.0/24"),
                node(
                        "spec: {podCIDRs: [10.1.0.0/24, 10.2.0.0/24]}",
                        "spec.podCIDRs: found a list, allowed is at most one IPv4 and one IPv6 block"),
                node(
                        "status: {addresses: [{type: InternalIP, address: host}]}",
                        "status.addresses[0].address: found \"host\", allowed is an IPv4 or IPv6 address"));
    }

    private static Arguments service(String spec, String message) {
        // What is missing is reported where the mapping begins that it is missing from: all in line 4 here.
        return arguments("Service default/web", SERVICE + "spec: " + spec, "line 4: " + message);
    }

    private static Arguments slice(String yaml, String message) {
        return arguments("EndpointSlice default/s", SLICE + yaml, "line 5: " + message);
    }

    private static Arguments pod(String yaml, String message) {
        return arguments("Pod default/p", POD + yaml, "line 4: " + message);
    }

    private static Arguments node(String yaml, String message) {
        return arguments("Node n", NODE + yaml, "line 4: " + message);
    }

    @ParameterizedTest(name = "{1}")
    @MethodSource("brokenFiles")
    void aBrokenFileIsNamedWithLineAndColumn(byte[] bytes, String message, @TempDir Path folder) throws Exception {
        Path file = Files.write(folder.resolve("web.yaml"), bytes);

        FileContent content = FileContent.read(file, FileContent.EMPTY);

        assertEquals(Map.of("web.yaml", message + "."), content.problems());
    }

    static Stream<Arguments> brokenFiles() {
        return Stream.of(
                broken("a: b: c", "broken YAML: line 1, column 5: mapping values are not allowed here"),
                broken(
                        "a:\n\tb: 1",
                        "broken YAML: line 2, column 1: found character '\\t(TAB)' that cannot start any token. (Do not use"
                                + " \\t(TAB) for indentation)"),
                broken("a: [1, 2", "broken YAML: line 1, column 9: expected ',' or ']', but got <stream end>"),
                broken("a: *nobody", "broken YAML: line 1, column 4: there is no anchor &nobody before the alias"),
                broken("a: &a [*a]", "broken YAML: line 1, column 8: there is no anchor &a before the alias"),
                broken("[".repeat(200), "broken YAML: line 1, column 101: nested more than 100 deep"),
                broken(
                        "a: &a []\nb: [" + "*a,".repeat(101) + "]",
                        "broken YAML: line 2, column 305: more than 100 aliases of lists and mappings in a document"),
                broken("{[1]: 2}", "broken YAML: line 1, column 2: a key must be a scalar"),
                broken("a: \u0001", "broken YAML: the character U+0001 is not allowed in YAML"),
                arguments(new byte[] {'a', ':', ' ', (byte) 0xC3, '\n'}, "is not UTF-8"));
    }

    private static Arguments broken(String text, String message) {
        return arguments(text.getBytes(java.nio.charset.StandardCharsets.UTF_8), message);
    }

    @Test
    void aFileThatIsTooLargeIsNotRead(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("web.yaml");
        try (var channel = java.nio.channels.FileChannel.open(
                file, java.nio.file.StandardOpenOption.CREATE, java.nio.file.StandardOpenOption.WRITE)) {
            channel.write(java.nio.ByteBuffer.wrap(new byte[1]), 65L << 20);
        }

        assertEquals(
                Map.of("web.yaml", "has 65 MiB, allowed are 64."),
                FileContent.read(file, FileContent.EMPTY).problems());
    }

    @Test
    void aThousandBadObjectsGiveFiftyProblemsAndACount() throws Exception {
        String yaml = Stream.iterate(0, i -> i + 1)
                .limit(1000)
                .map(i -> "{apiVersion: v1, kind: Service, metadata: {name: s" + i + "}}\n")
                .reduce("", (a, b) -> a + "---\n" + b);

        Map<String, String> problems = FileContent.of(
                        "web.yaml", ManifestReader.read("web.yaml", new StringReader(yaml)), FileContent.EMPTY)
                .problems();

        assertEquals(51, problems.size());
        assertEquals("950 more objects are bad; mend the first 50 to see them.", problems.get("web.yaml"));
    }
}
