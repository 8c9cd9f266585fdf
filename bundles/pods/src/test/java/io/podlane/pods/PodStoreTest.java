// SPDX-License-Identifier: Apache-2.0
package io.podlane.pods;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.podlane.api.attach.AttachPoint;
import io.podlane.api.attach.Hook;
import io.podlane.api.cluster.IpAddress;
import io.podlane.api.device.Device;
import io.podlane.api.device.PodLink;
import io.podlane.api.device.PodSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PodStoreTest {
    @TempDir
    Path stateDir;

    private final Map<String, String> broken = new TreeMap<>();

    private static PodLink link(String pod, AttachPoint... points) {
        var hooks = new TreeMap<Hook, AttachPoint>();
        for (int i = 0; i < points.length; i++) {
            hooks.put(Hook.values()[i], points[i]);
        }
        return new PodLink(
                new PodSpec(
                        pod,
                        "/run/netns/x",
                        List.of(IpAddress.parse("10.1.0.1"), IpAddress.parse("fd00::1")),
                        Map.of("app", "web", "tier", "\"front\""),
                        Optional.of("netkit")),
                new Device(DeviceName.of(pod), 7, Device.Role.POD, "netkit", hooks, Set.of(Hook.POD_EGRESS)),
                "l3",
                new byte[] {2, 0, 0, 0, 0, 1},
                new byte[0],
                false);
    }

    @Test
    void whatIsSavedIsLoaded() throws IOException {
        var store = new PodStore(stateDir);
        PodLink saved = link(
                "default/web-1",
                new AttachPoint.Netkit(7, AttachPoint.Netkit.Side.PEER),
                new AttachPoint.Netkit(7, AttachPoint.Netkit.Side.PRIMARY),
                new AttachPoint.Tcx(7, AttachPoint.Tcx.Direction.INGRESS),
                new AttachPoint.Tcx(7, AttachPoint.Tcx.Direction.EGRESS),
                new AttachPoint.Xdp(7, AttachPoint.Xdp.Mode.NATIVE));
        store.save(saved);
        PodLink loaded = load(store).get(0);
        assertEquals(saved.spec(), loaded.spec());
        assertEquals(saved.device(), loaded.device());
        assertEquals(saved.mode(), loaded.mode());
        assertArrayEquals(saved.podMac(), loaded.podMac());
        assertArrayEquals(saved.hostMac(), loaded.hostMac());
        store.delete(saved.device().name());
        assertEquals(List.of(), load(store));
    }

    @Test
    void brokenFilesAreNamedAndTheOthersLoaded() throws IOException {
        var store = new PodStore(stateDir);
        store.save(link("a"));
        Files.writeString(store.file("plempty"), "");
        Files.writeString(store.file("plarray"), "[]");
        Files.writeString(store.file("plfields"), "{\"ips\":[],\"labels\":{},\"name\":\"x\"}");
        Files.copy(store.file(DeviceName.of("a")), store.file("plother"));
        Files.writeString(stateDir.resolve("pods/unfinished.tmp"), "{");

        assertEquals(
                List.of("a"), load(store).stream().map(pod -> pod.spec().name()).toList());
        assertEquals(Set.of("plempty.json", "plarray.json", "plfields.json", "plother.json"), broken.keySet());
        assertEquals("it lacks the field netns", broken.get("plfields.json"));
        assertEquals("it is about the device " + DeviceName.of("a"), broken.get("plother.json"));
    }

    @Test
    void nothingIsThereBeforeTheFirstPod() throws IOException {
        var store = new PodStore(stateDir);
        assertEquals(List.of(), load(store));
        store.deleteAll();
        assertEquals(Map.of(), broken);
    }

    @Test
    void deletingAllLeavesNoFolder() throws IOException {
        var store = new PodStore(stateDir);
        store.save(link("a"));
        store.deleteAll();
        assertFalse(Files.exists(stateDir.resolve("pods")));
    }

    private List<PodLink> load(PodStore store) {
        return store.load((file, why) -> broken.put(file.getFileName().toString(), why));
    }
}
