// SPDX-License-Identifier: Apache-2.0
package io.podlane.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import io.podlane.lab.Await;
import io.podlane.lab.Commands;
import io.podlane.lab.Node;
import io.podlane.lab.Traffic;
import io.podlane.lab.TwoNodes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is wrong is said once, where a person looks; nothing else stops, and nothing that worked is lost. */
@Tag("kernel")
class BadInputTest {
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

    private void assertEverythingStillWorks() {
        for (String protocol : List.of("tcp", "udp")) {
            var result = Traffic.requests(two.clientA().netns(), protocol, TwoNodes.SERVICE, TwoNodes.PORT, 20);
            assertEquals(20, result.ok(), () -> protocol + " " + result + "\n" + node.log());
        }
    }

    private String problems() {
        return node.status().getAsJsonArray("problems").asList().stream()
                .map(JsonElement::toString)
                .collect(Collectors.joining("\n"));
    }

    private void awaitProblem(String... words) {
        Await.until(
                "a problem with " + String.join(", ", words),
                () -> {
                    String problems = problems();
                    return List.of(words).stream().allMatch(problems::contains);
                },
                this::problems);
    }

    private void awaitNoProblem() {
        Await.until("no problem", () -> problems().isEmpty(), this::problems);
    }

    private void manifest(String name, String text) throws IOException {
        Path draft = two.lab().folder("drafts").resolve(name);
        Files.writeString(draft, text);
        Files.move(draft, two.manifests().resolve(name), StandardCopyOption.ATOMIC_MOVE);
    }

    private static String service(String name, String ip, String port) {
        return """
                apiVersion: v1
                kind: Service
                metadata: {name: %s}
                spec:
                  clusterIP: %s
                  ports: [%s]
                """
                .formatted(name, ip, port);
    }

    @ParameterizedTest
    @CsvSource({
        "'{port: 70000, protocol: TCP}', 70000",
        "'{port: 80, protocol: TPC}', TPC",
        "'{port: eighty}', eighty",
    })
    void aBadPortOrProtocolNamesFileObjectAndField(String port, String found) throws IOException {
        manifest("bad.yaml", service("bad", "10.96.5.5", port) + "---\n" + service("good", "10.96.5.6", "{port: 81}"));
        awaitProblem("bad.yaml", "default/bad", "spec.ports[0]", found);
        assertTrue(node.must("svc:list").contains("10.96.5.6"), "the rest is applied");
        assertEverythingStillWorks();
        Files.delete(two.manifests().resolve("bad.yaml"));
        awaitNoProblem();
    }

    @Test
    void brokenYamlNamesTheLineAndKeepsWhatWorked() throws IOException {
        String good = Files.readString(two.manifests().resolve("web.yaml"));
        manifest("web.yaml", good.replace("spec:", "spec: [")); // the service in the packets' way
        awaitProblem("web.yaml", "line");
        assertEverythingStillWorks();
        manifest("web.yaml", good);
        awaitNoProblem();
    }

    @Test
    void aDuplicateNameNamesBothPlacesAndTheFirstWins() throws IOException {
        manifest("zweb.yaml", service("web", "10.96.8.8", "{port: 80}"));
        awaitProblem("default/web", "web.yaml", "zweb.yaml");
        assertFalse(node.must("svc:list").contains("10.96.8.8"));
        assertEverythingStillWorks();
    }

    private void refused(String expected, String... command) {
        var result = node.podlane(command);
        assertNotEquals(0, result.status(), result::out);
        assertTrue(result.err().contains(expected), () -> "stderr: " + result.err());
        assertEquals(1, result.err().strip().lines().count(), () -> "one clear error, not: " + result.err());
    }

    @Test
    void aPodWhoseNamespaceIsMissingIsRefused() {
        refused("/run/netns/nowhere", "pod:add", "lost", "--netns", "/run/netns/nowhere", "--ip", "10.1.1.77");
        assertEquals(2, node.list("pod:list").size());
        assertEverythingStillWorks();
    }

    @Test
    void aPodWhoseNamespaceIsNoNamespaceIsRefused() {
        refused("/etc/hostname", "pod:add", "lost", "--netns", "/etc/hostname", "--ip", "10.1.1.77");
        assertEquals(2, node.list("pod:list").size());
    }

    @Test
    void aPodWhoseAddressIsTakenIsRefused() {
        String netns = two.lab().netns("second").path().toString();
        refused("client-a", "pod:add", "second", "--netns", netns, "--ip", "10.1.1.10");
        assertEquals(2, node.list("pod:list").size());
        assertEverythingStillWorks();
    }

    @Test
    void aPodWhoseDeviceNameCollidesIsRefusedAndTheOtherDeviceIsLeftAlone() {
        var netns = two.lab().netns("third");
        node.must("pod:add", "third", "--netns", netns.path().toString(), "--ip", "10.1.1.30");
        String device = node.list("pod:list").asList().stream()
                .map(JsonElement::getAsJsonObject)
                .filter(pod -> pod.get("name").getAsString().equals("third"))
                .findFirst()
                .orElseThrow()
                .get("device")
                .getAsString();
        node.must("pod:remove", "third");
        node.netns().run("ip", "link", "add", device, "type", "veth", "peer", "name", "foreign0");
        refused(device, "pod:add", "third", "--netns", netns.path().toString(), "--ip", "10.1.1.30");
        node.netns().run("ip", "link", "show", "foreign0");
        assertEverythingStillWorks();
    }

    @Test
    void anUnknownPodKindOrCommandIsRefused() {
        String netns = two.lab().netns("fourth").path().toString();
        refused("token-ring", "pod:add", "fourth", "--netns", netns, "--ip", "10.1.1.40", "--kind", "token-ring");
        refused("not-an-ip", "pod:add", "fourth", "--netns", netns, "--ip", "not-an-ip");
        assertNotEquals(0, node.podlane("pod:levitate").status());
        assertNotEquals(0, node.podlane("pod:remove", "nobody").status());
    }

    @Test
    void anUplinkThatVanishesIsAProblemUntilItReturnsAndThenPacketsFlowAgain() {
        two.nodeA().netns().run("ip", "link", "del", "eth0");
        awaitProblem("eth0");
        var local = Traffic.requests(two.clientA().netns(), "tcp", two.webA().address(), TwoNodes.TARGET_PORT, 5);
        assertEquals(5, local.ok(), "pods of this node still reach each other");
        two.lab().wire(two.nodeA().netns(), "192.168.100.1/24", two.nodeB().netns(), "192.168.100.2/24");
        awaitNoProblem();
        Await.until(
                "node-b's status is clean",
                () -> two.nodeB().status().getAsJsonArray("problems").isEmpty(),
                () -> two.nodeB().status());
        Await.until(
                "requests reach the other node",
                () -> Traffic.requests(two.clientA().netns(), "tcp", two.webB().address(), TwoNodes.TARGET_PORT, 1)
                                .ok()
                        == 1,
                () -> node.must("tcx:list"));
        assertEverythingStillWorks();
    }

    @Test
    void aForeignFileUnderTheBpffsFolderIsLeftAloneAndDoesNotHurt() throws IOException {
        node.stopAgent();
        Path foreign = node.bpffs().resolve("links/not-ours");
        Files.createDirectories(foreign);
        Commands.run(
                "bpftool",
                "map",
                "create",
                foreign.resolve("stray").toString(),
                "type",
                "array",
                "key",
                "4",
                "value",
                "4",
                "entries",
                "1",
                "name",
                "stray");
        node.startAgent(two.manifests());
        assertTrue(Files.exists(foreign.resolve("stray")));
        assertEverythingStillWorks();
    }

    @Test
    void aMapOfAnotherLayoutAtOurPinIsNamedAndNotReplaced() throws IOException {
        node.stopAgent();
        Path pin;
        try (var maps = Files.newDirectoryStream(node.bpffs().resolve("maps"), "svc_frontends4*")) {
            pin = maps.iterator().next();
        }
        Files.delete(pin);
        Commands.run(
                "bpftool",
                "map",
                "create",
                pin.toString(),
                "type",
                "array",
                "key",
                "4",
                "value",
                "4",
                "entries",
                "1",
                "name",
                "stray");
        node.startAgent(two.manifests());
        awaitProblem(pin.getFileName().toString());
        assertTrue(Commands.run("bpftool", "-j", "map", "show", "pinned", pin.toString())
                .contains("stray"));
        var direct = Traffic.requests(two.clientA().netns(), "tcp", two.webB().address(), TwoNodes.TARGET_PORT, 5);
        assertEquals(5, direct.ok(), "host routing goes on");
    }

    @Test
    void aFullStateFolderRefusesNewPodsAndTheOldOnesWorkOn() {
        node.stopAgent();
        String saved = two.lab().folder("saved").toString();
        Commands.run("cp", "-a", node.stateDir() + "/.", saved);
        Commands.run(
                "mount",
                "-t",
                "tmpfs",
                "-o",
                "size=32m",
                "small",
                node.stateDir().toString());
        try {
            Commands.run("cp", "-a", saved + "/.", node.stateDir().toString());
            node.startAgent(two.manifests());
            Commands.tryRun("dd", "if=/dev/zero", "of=" + node.stateDir().resolve("ballast"), "bs=4k");
            String netns = two.lab().netns("late").path().toString();
            var result = node.podlane("pod:add", "late", "--netns", netns, "--ip", "10.1.1.50");
            assertNotEquals(0, result.status(), result::out);
            assertTrue(result.err().toLowerCase().contains("no space"), result::err);
            assertEquals(2, node.list("pod:list").size());
            assertEverythingStillWorks();
            Commands.run("rm", node.stateDir().resolve("ballast").toString());
            node.must("pod:add", "late", "--netns", netns, "--ip", "10.1.1.50");
        } finally {
            node.close();
            Commands.run("umount", "-l", node.stateDir().toString());
        }
    }

    @Test
    void corruptStateFilesAreNamedAndTheRestIsAdopted() throws IOException {
        node.stopAgent();
        try (var files = Files.walk(node.stateDir(), 2)) {
            for (Path file : (Iterable<Path>) files.filter(f -> f.toString().endsWith("leases.jsonl"))::iterator) {
                Files.writeString(file, "{\"owner\": \u0000 garbage");
            }
        }
        node.startAgent(two.manifests());
        assertEverythingStillWorks();
    }

    @Test
    void anAgentWithoutABpfFileSystemSaysHowToMountOne() {
        var result = two.lab()
                .netns("bare")
                .tryRun(
                        Node.client().toString(),
                        "agent",
                        "--state-dir",
                        two.lab().folder("bare-state").toString(),
                        "--bpffs",
                        two.lab().folder("no-bpffs").toString());
        assertNotEquals(0, result.status());
        assertTrue(result.err().contains("mount -t bpf"), result::err);
    }

    @Test
    void anAgentWithoutPrivilegesNamesThem() {
        var result = Commands.tryRun(
                "setpriv",
                "--bounding-set=-net_admin",
                Node.client().toString(),
                "agent",
                "--state-dir",
                two.lab().folder("weak-state").toString());
        assertNotEquals(0, result.status());
        assertTrue(result.err().contains("CAP_NET_ADMIN"), result::err);
    }

    @Test
    void aSecondAgentWithTheSameStateFolderIsRefused() {
        var result = node.netns()
                .tryRun(
                        Node.client().toString(),
                        "agent",
                        "--state-dir",
                        node.stateDir().toString(),
                        "--bpffs",
                        node.bpffs().toString());
        assertNotEquals(0, result.status());
        assertTrue(result.err().contains(node.stateDir().toString()), result::err);
        assertEverythingStillWorks();
    }
}
