// SPDX-License-Identifier: Apache-2.0
package io.podlane.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.podlane.lab.Await;
import io.podlane.lab.Lab;
import io.podlane.lab.Node;
import io.podlane.lab.Pod;
import io.podlane.lab.Traffic;
import io.podlane.lab.TwoNodes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A stranger's bundle, built against the API artifact alone (itests/extension), in the hot-deploy folder. */
@Tag("kernel")
class ExtensionTest {
    private static final String BUNDLE = "org.example.counter";
    private static final int PACKETS = 50;

    private TwoNodes two;
    private Node node;

    @BeforeEach
    void start() {
        two = TwoNodes.startWithPods();
        node = two.nodeA();
    }

    @AfterEach
    void stop() {
        two.close();
    }

    private Path deployed() {
        return node.stateDir().resolve("deploy").resolve("counter.jar");
    }

    private void deploy() throws IOException {
        Path jar = Lab.repository().resolve("itests/extension/target/org.example.counter-1.0.0.jar");
        Path draft = node.stateDir().resolve("deploy").resolve(".counter.jar.new");
        Files.copy(jar, draft, StandardCopyOption.REPLACE_EXISTING);
        Files.move(draft, deployed(), StandardCopyOption.ATOMIC_MOVE);
        Await.until("the counter runs on both pods", () -> attachments() == 2, () -> node.must("tcx:list"));
    }

    private long attachments() {
        return node.attachments().stream()
                .filter(row -> row.get("bundle").getAsString().equals(BUNDLE))
                .count();
    }

    private long counted() {
        return Long.parseLong(node.must("counter:packets").strip());
    }

    private long send(Pod from, Pod to) {
        var result = Traffic.requests(from.netns(), "udp", to.address(), TwoNodes.TARGET_PORT, PACKETS);
        assertEquals(PACKETS, result.ok(), result::toString);
        return result.ok();
    }

    @Test
    void itSeesEveryPacketThatAPodReceivesExactlyOnce() throws IOException {
        deploy();
        long before = counted();
        long local = send(two.clientA(), two.webA());
        assertEquals(2 * local, counted() - before, "requests reach web-a and answers client-a, on one node");
        before = counted();
        long remote = send(two.clientB(), two.webA());
        assertEquals(remote, counted() - before, "requests reach web-a from the other node");
        before = counted();
        remote = send(two.clientA(), two.webB());
        assertEquals(remote, counted() - before, "answers reach client-a from the other node");
    }

    @Test
    void itRunsOnPodsThatComeLater() throws IOException {
        deploy();
        Pod late = node.pod("late", "10.1.1.60");
        assertEquals(3, attachments());
        Traffic.server(two.lab(), late, "udp", TwoNodes.TARGET_PORT, 3);
        long before = counted();
        send(two.clientB(), late);
        assertEquals(PACKETS, counted() - before);
    }

    @Test
    void removingItsJarLeavesNoTraceAndLosesNothing() throws IOException {
        deploy();
        var udp = Traffic.udp(two.lab(), two.clientA().netns(), TwoNodes.SERVICE, TwoNodes.PORT, 1000, 8);
        Files.delete(deployed());
        Await.until("the counter is gone", () -> attachments() == 0, () -> node.must("tcx:list"));
        var stream = udp.stop();
        assertEquals(0, stream.lost(), stream::toString);
        assertTrue(node.status().getAsJsonArray("problems").isEmpty());
        try (var pins = Files.walk(node.bpffs())) {
            assertEquals(
                    0,
                    pins.filter(pin -> pin.toString().contains("org+example")).count());
        }
    }

    @Test
    void aTruncatedJarIsNamedAndHurtsNobody() throws IOException {
        Path jar = Lab.repository().resolve("itests/extension/target/org.example.counter-1.0.0.jar");
        byte[] whole = Files.readAllBytes(jar);
        Files.write(deployed(), java.util.Arrays.copyOf(whole, whole.length / 2));
        Await.until(
                "a problem that names the jar",
                () -> node.status().getAsJsonArray("problems").toString().contains("counter.jar"),
                node::status);
        var result = Traffic.requests(two.clientA().netns(), "tcp", TwoNodes.SERVICE, TwoNodes.PORT, 20);
        assertEquals(20, result.ok(), result::toString);
        deploy();
        Await.until("no problem", () -> node.status().getAsJsonArray("problems").isEmpty(), node::status);
    }
}
