// SPDX-License-Identifier: Apache-2.0
package io.podlane.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.podlane.lab.Await;
import io.podlane.lab.Lab;
import io.podlane.lab.Netns;
import io.podlane.lab.Node;
import io.podlane.lab.Pod;
import io.podlane.lab.Traffic;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Device pairs that wait for pods, on a running node. */
@Tag("kernel")
class SparePairsTest {
    private static final int SPARES = 2;
    private static final int BURST = 10;
    private static final int ROUNDS = 50;

    private Lab lab;
    private Node node;
    private Path manifests;

    @BeforeEach
    void start() {
        lab = Lab.open();
        manifests = lab.folder("manifests");
        node = lab.node("node-a");
        Netns other = lab.netns("other");
        lab.wire(node.netns(), "192.168.100.1/24", other, "192.168.100.2/24");
        node.startAgent(manifests);
    }

    @AfterEach
    void stop() {
        lab.close();
    }

    private Set<String> devices() {
        return node.netns()
                .run("ip", "-o", "link")
                .lines()
                .map(line -> line.split(": ")[1].split("@")[0])
                .filter(name -> name.startsWith("pl"))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private long spares() {
        return devices().stream().filter(name -> name.startsWith("plspare")).count();
    }

    /** Each of the spares has the programs that a pod's device has. */
    private void awaitSpares() {
        Await.until(
                "spares with programs",
                () -> spares() == SPARES && sparesWithPrograms() == SPARES,
                () -> devices() + node.must("tcx:list"));
    }

    private long sparesWithPrograms() {
        return node.list("tcx:list").asList().stream()
                .map(row -> row.getAsJsonObject())
                .filter(row -> row.get("device").getAsString().startsWith("plspare"))
                .filter(row -> row.get("program").getAsString().equals("podlane_kubeproxy_from_pod"))
                .count();
    }

    private long pins() {
        try (var pins = Files.walk(node.bpffs().resolve("links"))) {
            return pins.filter(Files::isRegularFile).count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private long descriptors() {
        try (var descriptors = Files.list(Path.of("/proc", Long.toString(node.pid()), "fd"))) {
            return descriptors.count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void podsAddedInABurstAllReachEachOther() {
        awaitSpares();
        var adding = new ArrayList<CompletableFuture<Pod>>();
        for (int n = 0; n < BURST; n++) {
            String name = "pod" + n;
            String address = "10.1.1." + (n + 10);
            Netns netns = lab.netns(name);
            adding.add(CompletableFuture.supplyAsync(() -> {
                node.must("pod:add", name, "--netns", netns.path().toString(), "--ip", address);
                return new Pod(name, address, netns, node);
            }));
        }
        List<Pod> pods = adding.stream().map(CompletableFuture::join).toList();
        assertEquals(BURST, node.list("pod:list").size());
        for (Pod pod : pods) {
            Traffic.server(lab, pod, "udp", 8080, 1);
        }
        for (int n = 0; n < BURST; n++) {
            Pod from = pods.get(n);
            Pod to = pods.get((n + 1) % BURST);
            var result = Traffic.requests(from.netns(), "udp", to.address(), 8080, 3);
            assertEquals(3, result.ok(), () -> from.name() + " to " + to.name() + ": " + result);
        }
        awaitSpares();
    }

    @Test
    void nothingIsLeftOfSparesWhenTheAgentIsKilled() {
        Pod pod = node.pod("a", "10.1.1.10");
        awaitSpares();
        Set<String> programs =
                Set.copyOf(node.attachments().stream().map(Object::toString).toList());
        long pinsWithSpares = pins();
        node.killAgent();
        Await.until("the spares are gone", () -> spares() == 0, this::devices);
        assertEquals(1, devices().size(), "the pod's device stays");
        node.startAgent(manifests);
        assertEquals(
                programs,
                Set.copyOf(node.attachments().stream().map(Object::toString).toList()));
        awaitSpares();
        assertEquals(pinsWithSpares, pins());
        assertEquals("a", pod.name());
        assertTrue(node.status().getAsJsonArray("problems").isEmpty(), () -> node.status()
                .toString());
    }

    @Test
    void fiftyPodsThatComeAndGoLeaveNothing() {
        Netns netns = lab.netns("pod");
        comeAndGo(netns);
        awaitSpares();
        long pins = pins();
        long descriptors = descriptors();
        for (int n = 0; n < ROUNDS; n++) {
            comeAndGo(netns);
        }
        awaitSpares();
        assertEquals(pins, pins());
        Await.until(
                "no more descriptors than before",
                () -> descriptors() <= descriptors,
                () -> descriptors() + " of " + descriptors);
        assertEquals(SPARES, devices().size(), () -> devices().toString());
        assertFalse(netns.run("ip", "-o", "link").contains("eth0"));
    }

    private void comeAndGo(Netns netns) {
        node.must("pod:add", "a", "--netns", netns.path().toString(), "--ip", "10.1.1.10");
        node.must("pod:remove", "a");
    }

    @Test
    void anUpdateOfWhatMakesThemBringsThemBack() {
        String kind = node.status().getAsJsonArray("capabilities").toString().contains("netkit") ? "netkit" : "veth";
        for (String bundle : new String[] {"pods", kind, "linux"}) {
            awaitSpares();
            long descriptors = descriptors();
            node.must(
                    "podlane:update",
                    "io.podlane." + bundle,
                    io.podlane.lab.NextRelease.of(lab, bundle, 5).toString());
            awaitSpares();
            Await.until(
                    "no more descriptors than before",
                    () -> descriptors() <= descriptors,
                    () -> bundle + ": " + descriptors() + " of " + descriptors);
            assertTrue(node.status().getAsJsonArray("problems").isEmpty(), () -> node.status()
                    .toString());
        }
    }

    @Test
    void theirNumberAppliesLive() throws IOException {
        awaitSpares();
        Path settings = Files.createDirectories(node.stateDir().resolve("etc")).resolve("pods.json");
        Files.writeString(settings, "{\":configurator:resource-version\": 1, \"io.podlane.pods\": {\"spares\": 0}}");
        Await.until("no spares", () -> spares() == 0, this::devices);
        node.pod("a", "10.1.1.10");
        assertEquals(1, devices().size());
        Files.delete(settings);
        awaitSpares();
    }
}
