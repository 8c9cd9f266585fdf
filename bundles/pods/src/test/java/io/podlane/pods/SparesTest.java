// SPDX-License-Identifier: Apache-2.0
package io.podlane.pods;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.podlane.api.cluster.IpAddress;
import io.podlane.api.device.Device;
import io.podlane.api.device.PodLink;
import io.podlane.api.device.PodLinkProvider;
import io.podlane.api.device.PodSpec;
import io.podlane.api.device.SparePair;
import io.podlane.api.kernel.Errno;
import io.podlane.api.kernel.KernelException;
import io.podlane.api.status.Problems;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SparesTest {
    private static final Duration SOON = Duration.ofMillis(7);
    private static final PodSpec POD =
            new PodSpec("a", "/run/netns/a", List.of(IpAddress.parse("10.1.0.1")), Map.of(), Optional.empty());

    private final FakeFramework framework = new FakeFramework();
    private final FakeNode node = new FakeNode();
    private final FakeProvider provider = new FakeProvider(true);
    private final Spares spares = new Spares(node, new Problems(framework.context()));

    private void fill(int count) {
        spares.keep(count);
        spares.madeBy(Optional.of(provider));
        while (spares.refill(1500, SOON).isPresent()) {
            assertTrue(waiting().size() < count);
        }
    }

    private PodLink connect(PodLinkProvider by, String device) {
        return spares.connect(by, POD, device, 1400);
    }

    private List<String> waiting() {
        return spares.devices().stream().map(Device::name).toList();
    }

    @Test
    void oneIsMadeAtATime() {
        spares.keep(2);
        spares.madeBy(Optional.of(provider));
        assertEquals(Optional.of(SOON), spares.refill(1500, SOON));
        assertEquals(List.of("plspare1"), waiting());
        assertEquals(Optional.empty(), spares.refill(1500, SOON));
        assertEquals(List.of("plspare1", "plspare2"), waiting());
        assertEquals(Optional.empty(), spares.refill(1500, SOON));
        assertEquals(2, node.devices.size());
    }

    @Test
    void podGetsASpareWithTheMtuOfNow() {
        fill(2);
        PodLink link = connect(provider, "pl1");
        assertEquals("pl1", link.device().name());
        assertEquals(1, link.device().ifindex(), "the index of the spare, with the programs attached there");
        assertEquals(1400, provider.mtu);
        assertEquals(List.of("plspare2"), waiting());
        assertEquals(0, provider.created);
    }

    @Test
    void burstLargerThanTheSparesGetsNewPairs() {
        fill(2);
        for (int n = 0; n < 10; n++) {
            assertEquals("pl" + n, connect(provider, "pl" + n).device().name());
        }
        assertEquals(8, provider.created);
        assertEquals(List.of(), waiting());
        fill(2);
        assertEquals(List.of("plspare1", "plspare2"), waiting());
    }

    @Test
    void podOfAnotherKindGetsNone() {
        fill(2);
        var other = new FakeProvider(true);
        connect(other, "pl1");
        assertEquals(1, other.created);
        assertEquals(2, waiting().size());
    }

    @Test
    void replacedProviderMakesItsOwn() {
        fill(2);
        spares.madeBy(Optional.of(new FakeProvider(true)));
        assertEquals(List.of(), waiting());
        assertTrue(node.devices.isEmpty());
        assertFalse(node.open);
        spares.refill(1500, SOON);
        assertEquals(List.of("plspare1"), waiting());
        connect(provider, "pl1");
        assertEquals(1, provider.created, "what the old one asks for is none of the new one's");
    }

    @Test
    void withoutProviderThereAreNone() {
        fill(2);
        spares.madeBy(Optional.empty());
        assertTrue(node.devices.isEmpty());
        assertFalse(node.open);
        assertEquals(Optional.empty(), spares.refill(1500, SOON));
    }

    @Test
    void kindThatCannotBeMadeAheadHasNoneAndPodsAreAddedAsEver() {
        var single = new FakeProvider(false);
        spares.keep(2);
        spares.madeBy(Optional.of(single));
        assertEquals(Optional.empty(), spares.refill(1500, SOON));
        assertFalse(node.open);
        connect(single, "pl1");
        assertEquals(1, single.created);
    }

    @Test
    void numberAppliesLive() {
        fill(3);
        spares.keep(1);
        assertEquals(List.of("plspare1"), waiting());
        assertEquals(1, node.devices.size());
        spares.keep(0);
        assertEquals(List.of(), waiting());
        assertTrue(node.devices.isEmpty());
        assertFalse(node.open);
        assertEquals(Optional.empty(), spares.refill(1500, SOON));
        connect(provider, "pl1");
        assertEquals(1, provider.created);
        fill(2);
        assertEquals(2, waiting().size());
    }

    @Test
    void namesThatAreTakenArePassedOver() {
        node.devices.put(77, "plspare1"); // As one of an agent that was killed a moment ago.
        fill(2);
        assertEquals(List.of("plspare2", "plspare3"), waiting());
        spares.removeAll();
        assertEquals(Set.of(77), node.devices.keySet());
    }

    @Test
    void spareThatFailsIsReplacedByANewPair() {
        fill(2);
        provider.refuses = true;
        assertEquals("pl1", connect(provider, "pl1").device().name());
        assertEquals(1, provider.created);
        assertEquals(List.of("plspare2"), waiting());
    }

    @Test
    void sparesThatVanishAreMissed() {
        fill(3);
        node.devices.remove(1);
        assertTrue(spares.removed(1));
        assertFalse(spares.removed(1));
        assertEquals(List.of("plspare2", "plspare3"), waiting());
        node.devices.remove(2);
        spares.reconcile();
        assertEquals(List.of("plspare3"), waiting());
    }

    @Test
    void kernelThatRefusesIsReportedAndAskedAgainLater() {
        spares.keep(1);
        spares.madeBy(Optional.of(provider));
        provider.refuses = true;
        Duration later = spares.refill(1500, SOON).orElseThrow();
        assertTrue(later.compareTo(SOON) > 0);
        assertEquals(
                "none can be made, so that adding a pod takes longer: test: a: EBUSY",
                framework.problems().get("spare device pairs"));
        provider.refuses = false;
        spares.refill(1500, SOON);
        assertEquals(Map.of(), framework.problems());
    }

    /** Devices by index. */
    private static final class FakeNode implements Spares.Node {
        private final Map<Integer, String> devices = new HashMap<>();
        private boolean open;

        @Override
        public String waitingRoom() {
            open = true;
            return "/proc/self/fd/9";
        }

        @Override
        public boolean has(String device) {
            return devices.containsValue(device);
        }

        @Override
        public boolean has(int ifindex) {
            return devices.containsKey(ifindex);
        }

        @Override
        public void delete(int ifindex) {
            devices.remove(ifindex);
        }

        @Override
        public void close() {
            open = false;
        }
    }

    private final class FakeProvider implements PodLinkProvider {
        private final boolean ahead;
        private int created;
        private int mtu;
        private boolean refuses;

        FakeProvider(boolean ahead) {
            this.ahead = ahead;
        }

        @Override
        public String kind() {
            return "veth";
        }

        @Override
        public PodLink create(PodSpec spec, String deviceName, int mtuOfDevice) {
            created++;
            mtu = mtuOfDevice;
            return link(spec, make(deviceName));
        }

        @Override
        public Optional<SparePair> prepare(String waitingRoom, String deviceName, int mtuOfDevice) {
            if (!ahead) {
                return Optional.empty();
            }
            if (refuses) {
                throw new KernelException("test", "a", Errno.EBUSY);
            }
            return Optional.of(new FakeSpare(this, make(deviceName)));
        }

        private Device make(String name) {
            int ifindex = 1;
            while (node.has(ifindex)) {
                ifindex++;
            }
            node.devices.put(ifindex, name);
            return new Device(name, ifindex, Device.Role.POD, "veth", Map.of(), Set.of());
        }

        private void rename(int ifindex, String name) {
            node.devices.put(ifindex, name);
        }

        @Override
        public Optional<PodLink> adopt(PodSpec spec, String deviceName) {
            return Optional.empty();
        }

        @Override
        public void remove(PodLink link) {}
    }

    private record FakeSpare(FakeProvider by, Device device) implements SparePair {
        @Override
        public PodLink assign(PodSpec spec, String deviceName, int mtu) {
            if (by.refuses) {
                throw new KernelException("test", "a", Errno.EBUSY);
            }
            by.mtu = mtu;
            by.rename(device.ifindex(), deviceName);
            return link(spec, new Device(deviceName, device.ifindex(), device.role(), "veth", Map.of(), Set.of()));
        }
    }

    private static PodLink link(PodSpec spec, Device device) {
        return new PodLink(spec, device, "l2", new byte[0], new byte[0], true);
    }
}
