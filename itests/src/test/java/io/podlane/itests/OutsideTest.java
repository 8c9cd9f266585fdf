// SPDX-License-Identifier: Apache-2.0
package io.podlane.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.podlane.lab.Commands;
import io.podlane.lab.Node;
import io.podlane.lab.TwoNodes;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What other programs call: commands, their JSON, exit statuses. */
@Tag("kernel")
class OutsideTest {
    private static TwoNodes two;

    @BeforeAll
    static void start() {
        two = TwoNodes.startWithPods();
    }

    @AfterAll
    static void stop() {
        two.close();
    }

    private static JsonObject first(JsonArray rows) {
        return rows.get(0).getAsJsonObject();
    }

    @Test
    void statusTellsStateNodeKernelCapabilitiesBundlesAndProblems() {
        var status = two.nodeA().status();
        assertEquals(Set.of("state", "node", "kernel", "capabilities", "bundles", "problems"), status.keySet());
        assertEquals("ready", status.get("state").getAsString());
        assertEquals("node-a", status.get("node").getAsString());
        assertEquals(Commands.run("uname", "-r").strip(), status.get("kernel").getAsString());
        assertTrue(status.getAsJsonArray("capabilities").toString().contains("tcx"));
        assertEquals(
                Set.of("name", "version", "state", "reason"),
                first(status.getAsJsonArray("bundles")).keySet());
        assertTrue(status.getAsJsonArray("problems").isEmpty(), status::toString);
    }

    @Test
    void aBundleThatThisKernelCannotServeSaysWhy() {
        boolean netkit =
                two.nodeA().status().getAsJsonArray("capabilities").toString().contains("netkit");
        for (var bundle : two.nodeA().status().getAsJsonArray("bundles")) {
            var row = bundle.getAsJsonObject();
            if (row.get("name").getAsString().equals("io.podlane.netkit")) {
                assertEquals(netkit ? "ACTIVE" : "INSTALLED", row.get("state").getAsString());
                assertEquals(netkit, !row.toString().contains("feature=netkit"), row::toString);
                return;
            }
        }
        throw new AssertionError("no bundle io.podlane.netkit");
    }

    @Test
    void podListHasItsFields() {
        var pod = first(two.nodeA().list("pod:list"));
        assertEquals(Set.of("name", "netns", "device", "kind", "mode", "ips"), pod.keySet());
        assertEquals("client-a", pod.get("name").getAsString());
        assertEquals("10.1.1.10", pod.getAsJsonArray("ips").get(0).getAsString());
        boolean netkit =
                two.nodeA().status().getAsJsonArray("capabilities").toString().contains("netkit");
        assertEquals(netkit ? "netkit" : "veth", pod.get("kind").getAsString(), "the resolver chose");
    }

    @Test
    void serviceListHasItsFields() {
        var rows = two.nodeA().list("svc:list");
        assertEquals(2, rows.size());
        var service = first(rows);
        assertEquals(Set.of("namespace", "name", "address", "port", "protocol", "type", "backends"), service.keySet());
        assertEquals(TwoNodes.SERVICE, service.get("address").getAsString());
        assertEquals(80, service.get("port").getAsInt());
        assertEquals("ClusterIP", service.get("type").getAsString());
        assertEquals(2, service.getAsJsonArray("backends").size());
        var backend = first(service.getAsJsonArray("backends"));
        assertEquals(Set.of("address", "port", "state"), backend.keySet());
        assertEquals(8080, backend.get("port").getAsInt());
    }

    @Test
    void attachmentListHasItsFieldsAndPinsThatExist() {
        var rows = two.nodeA().list("tcx:list");
        assertTrue(rows.size() >= 6, rows::toString);
        for (var row : rows) {
            var attachment = row.getAsJsonObject();
            assertEquals(
                    Set.of("device", "hook", "program", "bundle", "position", "linkId", "pin", "revision"),
                    attachment.keySet());
            assertTrue(Files.exists(Path.of(attachment.get("pin").getAsString())), attachment::toString);
        }
    }

    @Test
    void everyListIsAlsoATableForPeople() {
        for (String command : new String[] {"pod:list", "svc:list", "tcx:list", "podlane:status"}) {
            String table = two.nodeA().must(command);
            assertFalse(table.startsWith("["), table);
            assertTrue(table.lines().count() >= 2, table);
        }
    }

    @Test
    void addingTheSamePodAgainChangesNothing() {
        Node node = two.nodeA();
        String before = node.attachments().toString();
        node.must("pod:add", "client-a", "--netns", two.clientA().netns().path().toString(), "--ip", "10.1.1.10");
        assertEquals(before, node.attachments().toString());
    }

    @Test
    void purgeRemovesEveryTrace() {
        try (var other = TwoNodes.startWithPods()) {
            Node node = other.nodeA();
            node.must("podlane:purge");
            assertEquals(0, node.awaitEnd());
            // Every BPF file system is born with maps.debug and progs.debug.
            assertEquals("", Commands.run("find", node.bpffs().toString(), "-mindepth", "1", "!", "-name", "*.debug"));
            assertEquals(
                    "",
                    node.netns()
                            .run("ip", "-o", "link", "show", "type", "veth")
                            .replaceAll("(?m)^\\d+: eth0@.*\n?", ""));
            assertFalse(node.netns().run("ip", "route").contains("10.1.2.0/24"));
            assertFalse(node.netns().run("bpftool", "net", "show").contains("podlane"));
        }
    }
}
