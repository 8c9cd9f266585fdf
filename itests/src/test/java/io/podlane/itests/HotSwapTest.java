// SPDX-License-Identifier: Apache-2.0
package io.podlane.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import io.podlane.lab.Await;
import io.podlane.lab.BrokenRelease;
import io.podlane.lab.Commands;
import io.podlane.lab.Drops;
import io.podlane.lab.NextRelease;
import io.podlane.lab.Node;
import io.podlane.lab.Traffic;
import io.podlane.lab.TwoNodes;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Parts of the datapath are swapped while packets flow. The rate is one that the slowest test kernel carries. */
@Tag("kernel")
class HotSwapTest {
    private static final int PACKETS_PER_SECOND = 1000;
    private static final int FLOWS = 8;

    private TwoNodes two;

    @BeforeEach
    void start() {
        two = TwoNodes.startWithPods();
    }

    @AfterEach
    void stop() {
        two.close();
    }

    static Stream<String> everyBundleInThePacketsWay() {
        return Stream.of(
                "device", "hostrouting", "kubeproxy", "servicetable", "tcx", "pods", "manifests", "linux", "api");
    }

    private String bundle(String name) {
        return name.equals("device")
                ? two.nodeA()
                        .list("pod:list")
                        .get(0)
                        .getAsJsonObject()
                        .get("kind")
                        .getAsString()
                : name;
    }

    /** Does something under traffic; no packet may be lost and no connection reset. */
    private void underTraffic(Consumer<Node> deed) {
        var udp = Traffic.udp(
                two.lab(), two.clientA().netns(), TwoNodes.SERVICE, TwoNodes.PORT, PACKETS_PER_SECOND, FLOWS);
        var tcp = Traffic.tcp(two.lab(), two.clientA().netns(), TwoNodes.SERVICE, TwoNodes.PORT);
        var before = Drops.now(two);
        Traffic.mark("during", udp, tcp);
        deed.accept(two.nodeA());
        Traffic.mark("after", udp, tcp);
        var packets = udp.stop();
        var connection = tcp.stop();
        assertTrue(packets.interval("during").sent() > 0, packets::toString);
        assertEquals(
                0,
                packets.lost(),
                () -> packets + "\ndropped by: " + Drops.now(two).since(before) + "\n"
                        + two.nodeA().log());
        assertEquals(0, connection.resets(), connection::toString);
        assertEquals(0, connection.lost(), connection::toString);
    }

    private static Map<String, Integer> links(Node node) {
        var links = new TreeMap<String, Integer>();
        for (var link : node.attachments()) {
            links.put(
                    link.get("device").getAsString() + " " + link.get("hook").getAsString() + " "
                            + link.get("program").getAsString(),
                    link.get("linkId").getAsInt());
        }
        return links;
    }

    private String version(String bundle) {
        for (JsonElement row : two.nodeA().status().getAsJsonArray("bundles")) {
            if (row.getAsJsonObject().get("name").getAsString().equals("io.podlane." + bundle)) {
                return row.getAsJsonObject().get("version").getAsString();
            }
        }
        throw new AssertionError("no bundle " + bundle);
    }

    @ParameterizedTest
    @MethodSource("everyBundleInThePacketsWay")
    void anUpdateLosesNoPacket(String name) {
        String bundle = bundle(name);
        Map<String, Integer> before = links(two.nodeA());
        Path next = NextRelease.of(two.lab(), bundle, 7);
        underTraffic(node -> node.must("podlane:update", "io.podlane." + bundle, next.toString()));
        assertEquals("0.1.7", version(bundle));
        assertEquals(before, links(two.nodeA()), "links are kept, only their programs change");
        assertEquals("[]", two.nodeA().status().getAsJsonArray("problems").toString());
        var afterwards = Traffic.requests(two.clientA().netns(), "tcp", TwoNodes.SERVICE, TwoNodes.PORT, 20);
        assertEquals(20, afterwards.ok(), afterwards::toString);
    }

    @Test
    void anUpdateReallyRunsOtherPrograms() {
        Map<String, Integer> before = programIds();
        two.nodeA()
                .must(
                        "podlane:update",
                        "io.podlane.kubeproxy",
                        NextRelease.of(two.lab(), "kubeproxy", 1).toString());
        Map<String, Integer> after = programIds();
        assertFalse(before.isEmpty());
        before.forEach((where, id) -> assertNotEquals(id, after.get(where), where));
    }

    /** Program ids by pin, as bpftool sees them, of the kube-proxy replacement's links. */
    private Map<String, Integer> programIds() {
        var ids = new TreeMap<String, Integer>();
        for (var link : two.nodeA().attachments()) {
            if (link.get("bundle").getAsString().equals("io.podlane.kubeproxy")) {
                // Its exit status says nothing: bpftool 7.5 (Debian 13) ends with 255 after it has shown the link.
                String shown = Commands.tryRun(
                                "bpftool",
                                "-j",
                                "link",
                                "show",
                                "id",
                                link.get("linkId").getAsString())
                        .out();
                ids.put(
                        link.get("pin").getAsString(),
                        com.google.gson.JsonParser.parseString(shown)
                                .getAsJsonObject()
                                .get("prog_id")
                                .getAsInt());
            }
        }
        return ids;
    }

    @Test
    void anUpdateWhoseProgramTheVerifierRejectsIsRolledBackAndLosesNothing() {
        refused(BrokenRelease.rejectedByTheVerifier(two.lab()));
    }

    @Test
    void anUpdateWhoseActivationFailsIsRolledBackAndLosesNothing() {
        refused(BrokenRelease.failingInActivation(two.lab()));
    }

    @Test
    void anUpdateThatCannotResolveIsRolledBackAndLosesNothing() {
        refused(BrokenRelease.thatCannotResolve(two.lab()));
    }

    private void refused(BrokenRelease broken) {
        Map<String, Integer> before = links(two.nodeA());
        underTraffic(node -> {
            var result = node.podlane(
                    "podlane:update",
                    "io.podlane." + broken.bundle(),
                    broken.jar().toString());
            assertFalse(result.ok(), result::out);
            assertTrue(result.err().contains(broken.reason()), result::err);
        });
        assertEquals("0.1.0", version(broken.bundle()));
        assertEquals(before, links(two.nodeA()));
        assertEquals("[]", two.nodeA().status().getAsJsonArray("problems").toString());
    }

    @Test
    void killingAndRestartingTheAgentLosesNothingAndKeepsTheLinks() {
        Map<String, Integer> before = links(two.nodeA());
        underTraffic(node -> {
            node.killAgent();
            node.startAgent(two.manifests());
        });
        assertEquals(before, links(two.nodeA()));
        assertEquals("[]", two.nodeA().status().getAsJsonArray("problems").toString());
    }

    @Test
    void theDatapathWorksOnAfterAnOrderlyStop() {
        assertEquals(0, two.nodeA().stopAgent());
        var result = Traffic.requests(two.clientA().netns(), "tcp", TwoNodes.SERVICE, TwoNodes.PORT, 20);
        assertEquals(20, result.ok(), result::toString);
    }

    @Test
    void anUpdateOutlivesARestartOfTheAgent() {
        two.nodeA()
                .must(
                        "podlane:update",
                        "io.podlane.hostrouting",
                        NextRelease.of(two.lab(), "hostrouting", 3).toString());
        two.nodeA().stopAgent();
        two.nodeA().startAgent(two.manifests());
        assertEquals("0.1.3", version("hostrouting"));
    }

    @Test
    void aBundleStoppedOnPurposeIsDetachedAfterTheLingerTimeAndOneStartedAgainInTimeIsNot() {
        Node node = two.nodeA();
        node.must("podlane:stop", "io.podlane.kubeproxy");
        node.must("podlane:start", "io.podlane.kubeproxy");
        assertTrue(programsOf(node, "io.podlane.kubeproxy") > 0);
        node.must("podlane:stop", "io.podlane.kubeproxy");
        assertTrue(programsOf(node, "io.podlane.kubeproxy") > 0, "they linger");
        Await.until(
                "the programs are detached",
                () -> programsOf(node, "io.podlane.kubeproxy") == 0,
                () -> node.must("tcx:list"));
        var direct = Traffic.requests(two.clientA().netns(), "tcp", two.webB().address(), TwoNodes.TARGET_PORT, 5);
        assertEquals(5, direct.ok(), "host routing is none of its business");
        node.must("podlane:start", "io.podlane.kubeproxy");
        var service = Traffic.requests(two.clientA().netns(), "tcp", TwoNodes.SERVICE, TwoNodes.PORT, 20);
        assertEquals(20, service.ok(), service::toString);
    }

    private static long programsOf(Node node, String bundle) {
        return node.list("tcx:list").asList().stream()
                .filter(row -> row.getAsJsonObject().get("bundle").getAsString().equals(bundle))
                .count();
    }
}
