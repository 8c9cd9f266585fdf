// SPDX-License-Identifier: Apache-2.0
package io.podlane.pods.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.podlane.api.cluster.IpAddress;
import io.podlane.api.device.Device;
import io.podlane.api.device.PodLink;
import io.podlane.api.device.PodLinks;
import io.podlane.api.device.PodSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PodCommandsTest {
    private final List<PodLink> added = new ArrayList<>();
    private final PodCommands commands = new PodCommands(new PodLinks() {
        @Override
        public PodLink add(PodSpec spec) {
            var device = new Device("pl1", 5, Device.Role.POD, "veth", Map.of(), Set.of());
            added.add(new PodLink(spec, device, "l2", new byte[0], new byte[0], true));
            return added.get(added.size() - 1);
        }

        @Override
        public boolean remove(String name) {
            return added.removeIf(pod -> pod.spec().name().equals(name));
        }

        @Override
        public List<PodLink> list() {
            return added;
        }
    });

    @Test
    void addUnderstandsAddressesLabelsAndKind() {
        commands.add("/run/netns/a", "10.1.0.1,fd00::1", "veth", "json", new String[] {
            "--label", "app=web", "default/a", "--label", "note=x=y"
        });
        assertEquals(
                new PodSpec(
                        "default/a",
                        "/run/netns/a",
                        List.of(IpAddress.parse("10.1.0.1"), IpAddress.parse("fd00::1")),
                        Map.of("app", "web", "note", "x=y"),
                        Optional.of("veth")),
                added.get(0).spec());
        assertEquals(
                List.of(new PodRow(
                        "default/a", "/run/netns/a", "pl1", "veth", "l2", List.of("10.1.0.1", "fd00:0:0:0:0:0:0:1"))),
                commands.list("json").rows());
    }

    @Test
    void whatIsMissingOrWrongIsSaid() {
        assertFails("--netns is missing", "", "10.1.0.1", "a");
        assertFails("--ip is missing", "/run/netns/a", "", "a");
        assertFails("the pod's name is missing", "/run/netns/a", "10.1.0.1");
        assertFails("'b' is not understood", "/run/netns/a", "10.1.0.1", "a", "b");
        assertFails("'--colour' is not understood", "/run/netns/a", "10.1.0.1", "a", "--colour");
        assertFails("--label app is not KEY=VALUE", "/run/netns/a", "10.1.0.1", "a", "--label", "app");
        assertFails("'10.1.0.256' is no IP address", "/run/netns/a", "10.1.0.256", "a");
        assertTrue(added.isEmpty());
    }

    @Test
    void removingAPodThatIsNotThereIsAnError() {
        var thrown = assertThrows(IllegalArgumentException.class, () -> commands.remove("a"));
        assertEquals("there is no pod a; pod:list shows those there are", thrown.getMessage());
    }

    private void assertFails(String message, String netns, String ips, String... rest) {
        var thrown = assertThrows(IllegalArgumentException.class, () -> commands.add(netns, ips, "", "table", rest));
        assertTrue(thrown.getMessage().startsWith(message), thrown.getMessage());
    }
}
