// SPDX-License-Identifier: Apache-2.0
package io.podlane.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.podlane.lab.Await;
import io.podlane.lab.Pod;
import io.podlane.lab.Traffic;
import io.podlane.lab.TwoNodes;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Packets from pods through a ClusterIP to pods on both nodes. */
@Tag("kernel")
class ServiceTrafficTest {
    private static final int REQUESTS = 60;
    private static TwoNodes two;

    @BeforeAll
    static void start() {
        two = TwoNodes.startWithPods();
    }

    @AfterAll
    static void stop() {
        two.close();
    }

    private static Pod client(String name) {
        return name.equals("client-a") ? two.clientA() : two.clientB();
    }

    @ParameterizedTest
    @CsvSource({"client-a,tcp", "client-a,udp", "client-b,tcp", "client-b,udp"})
    void requestsReachBackendsOnBothNodes(String name, String protocol) {
        var result = Traffic.requests(client(name).netns(), protocol, TwoNodes.SERVICE, TwoNodes.PORT, REQUESTS);
        assertEquals(REQUESTS, result.ok(), () -> result + " " + two.nodeA().log());
        assertEquals(Set.of(TwoNodes.WEB_A, TwoNodes.WEB_B), result.servers().keySet(), result::toString);
    }

    @ParameterizedTest
    @CsvSource({"client-a,tcp", "client-b,udp"})
    void podsReachEachOtherDirectly(String name, String protocol) {
        for (Pod server : new Pod[] {two.webA(), two.webB()}) {
            var result = Traffic.requests(client(name).netns(), protocol, server.address(), TwoNodes.TARGET_PORT, 5);
            assertEquals(5, result.ok(), () -> "to " + server.name() + ": " + result);
        }
    }

    @Test
    void packetsFlowWithoutForwardingSysctlsAndPastADropAllFirewall() {
        for (var node : new io.podlane.lab.Node[] {two.nodeA(), two.nodeB()}) {
            assertEquals(
                    "0",
                    node.netns().run("cat", "/proc/sys/net/ipv4/ip_forward").strip());
            node.netns().run("nft", "add table inet wall");
            node.netns()
                    .run("nft", "add chain inet wall forward { type filter hook forward priority 0; policy drop; }");
        }
        try {
            var result = Traffic.requests(two.clientA().netns(), "tcp", TwoNodes.SERVICE, TwoNodes.PORT, REQUESTS);
            assertEquals(REQUESTS, result.ok(), result::toString);
            assertEquals(2, result.servers().size(), result::toString);
        } finally {
            two.nodeA().netns().run("nft", "delete table inet wall");
            two.nodeB().netns().run("nft", "delete table inet wall");
        }
    }

    @Test
    void aNewServiceIsThereSoonAfterItsManifestIs() throws Exception {
        Path draft = two.lab().folder("drafts").resolve("other.yaml");
        Files.writeString(
                draft,
                """
                apiVersion: v1
                kind: Service
                metadata: {name: other, namespace: shop}
                spec:
                  clusterIP: 10.96.7.7
                  ports: [{protocol: TCP, port: 9000}]
                ---
                apiVersion: discovery.k8s.io/v1
                kind: EndpointSlice
                metadata:
                  name: other-1
                  namespace: shop
                  labels: {kubernetes.io/service-name: other}
                addressType: IPv4
                ports: [{name: "", protocol: TCP, port: 8080}]
                endpoints:
                  - addresses: [10.1.2.11]
                    conditions: {ready: true}
                """);
        Path manifest = two.manifests().resolve("other.yaml");
        Files.move(draft, manifest, StandardCopyOption.ATOMIC_MOVE);
        Await.until(
                "svc:list has shop/other", () -> two.nodeA().must("svc:list").contains("10.96.7.7"), () -> two.nodeA()
                        .must("svc:list"));
        var result = Traffic.requests(two.clientA().netns(), "tcp", "10.96.7.7", 9000, 5);
        assertEquals(5, result.ok(), result::toString);
        Files.delete(manifest);
        Await.until(
                "svc:list lacks shop/other",
                () -> !two.nodeA().must("svc:list").contains("10.96.7.7"),
                () -> two.nodeA().must("svc:list"));
        assertTrue(two.nodeA().status().getAsJsonArray("problems").isEmpty());
    }

    @Test
    void aPodCannotSendFromAnAddressThatIsNotItsOwn() {
        two.clientB().netns().run("ip", "addr", "add", "10.1.9.9/32", "dev", "eth0");
        try {
            var spoofed = two.clientB()
                    .netns()
                    .tryRun(
                            "ip",
                            "route",
                            "add",
                            "10.1.1.11/32",
                            "via",
                            "169.254.1.1",
                            "dev",
                            "eth0",
                            "src",
                            "10.1.9.9");
            assertTrue(spoofed.ok(), spoofed::err);
            var result = Traffic.requests(two.clientB().netns(), "udp", "10.1.1.11", TwoNodes.TARGET_PORT, 1);
            assertEquals(0, result.ok(), result::toString);
            var drops = two.nodeB().list("podlane:drops").toString();
            assertTrue(drops.contains("SPOOFED_SOURCE"), drops);
        } finally {
            two.clientB().netns().run("ip", "addr", "del", "10.1.9.9/32", "dev", "eth0");
        }
    }
}
