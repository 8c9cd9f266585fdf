// SPDX-License-Identifier: Apache-2.0
package io.podlane.servicetable;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.podlane.api.cluster.IpAddress;
import io.podlane.api.cluster.ObjectName;
import io.podlane.api.cluster.Protocol;
import io.podlane.api.cluster.Service;
import java.net.Inet4Address;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

final class ServiceTableTest {
    private final MemoryMaps memory = new MemoryMaps(8, 32, 16);
    private ServiceTable table = new ServiceTable(memory.maps());

    private static Inet4Address address(String text) {
        return (Inet4Address) IpAddress.parse(text);
    }

    private static Frontend frontend(int number) {
        return new Frontend(address("10.96.0." + number), 80, Protocol.TCP);
    }

    private static Backend backend(int number) {
        return new Backend(address("10.1.0." + number), 8080);
    }

    private static ServicePort port(Frontend frontend, int... backends) {
        var ready = new TreeMap<Backend, Backend.State>();
        for (int number : backends) {
            ready.put(backend(number), Backend.State.READY);
        }
        return port(frontend, ready);
    }

    private static ServicePort port(Frontend frontend, TreeMap<Backend, Backend.State> backends) {
        return new ServicePort(
                new ObjectName("default", "s" + frontend.address()), Service.Type.ClusterIP, frontend, backends);
    }

    private Map<Frontend, String> set(Frontend frontend, int... backends) {
        return table.apply(Set.of(frontend), f -> Optional.of(port(f, backends)));
    }

    private void remove(Frontend frontend) {
        assertEquals(Map.of(), table.apply(Set.of(frontend), f -> Optional.empty()));
    }

    @Test
    void aServiceLeadsToItsBackends() {
        assertEquals(Map.of(), set(frontend(1), 2, 3, 4));
        assertEquals(List.of(backend(2), backend(3), backend(4)), memory.lookUp(frontend(1)));
        assertEquals(Map.of(address("10.96.0.1"), 1), memory.addresses.content);
    }

    @Test
    void aChangeOfEndpointsMovesTheServiceToANewRangeAndLeavesTheOldOneAsItIs() {
        set(frontend(1), 2, 3);
        long before = memory.services.getWord(0, Layout.SERVICE_WORD);
        set(frontend(1), 3, 4);
        long after = memory.services.getWord(0, Layout.SERVICE_WORD);

        assertEquals(List.of(backend(3), backend(4)), memory.lookUp(frontend(1)));
        assertNotEquals(Layout.first(before), Layout.first(after));
        var slot = Layout.buffer(4);
        memory.slots.read(Layout.first(before), slot);
        assertEquals(
                backend(2), Layout.readBackend(memory.backends, slot.getInt(0)).backend());
        assertFalse(Layout.readBackend(memory.backends, slot.getInt(0)).serving(), "UDP flows leave it");
    }

    @Test
    void nothingIsReusedBeforeAGracePeriod() {
        set(frontend(1), 2, 3);
        int first = Layout.first(memory.services.getWord(0, Layout.SERVICE_WORD));
        remove(frontend(1));
        assertNull(memory.lookUp(frontend(1)));
        assertEquals(Map.of(), memory.addresses.content);
        set(frontend(2), 4, 5);
        assertNotEquals(0, memory.frontends.content.get(frontend(2)));
        assertNotEquals(
                first,
                Layout.first(memory.services.getWord(memory.frontends.content.get(frontend(2)), Layout.SERVICE_WORD)));
        assertEquals(0, memory.gracePeriods);

        assertTrue(table.collect());
        assertEquals(1, memory.gracePeriods);
        set(frontend(3), 2, 3);
        assertEquals(0, memory.frontends.content.get(frontend(3)));
        assertFalse(table.collect(), "there is nothing left to collect");
    }

    @Test
    void applyingTheSameAgainWritesNothing() {
        set(frontend(1), 2, 3);
        set(frontend(2));
        memory.writes = 0;
        set(frontend(1), 3, 2);
        set(frontend(2));
        remove(frontend(7));
        assertEquals(0, memory.writes);
    }

    @Test
    void aRestartWritesNothingAndGoesOnWhereTheLastRunStopped() {
        set(frontend(1), 2, 3);
        set(frontend(2));
        set(frontend(1), 2, 3, 4);
        memory.writes = 0;
        table = new ServiceTable(memory.maps());
        assertEquals(Set.of(frontend(1), frontend(2)), table.frontends());
        set(frontend(1), 2, 3, 4);
        set(frontend(2));
        assertEquals(0, memory.writes);

        set(frontend(3), 5);
        assertEquals(List.of(backend(5)), memory.lookUp(frontend(3)));
        assertEquals(List.of(backend(2), backend(3), backend(4)), memory.lookUp(frontend(1)));
    }

    @Test
    void aFullTableNamesWhatIsFullAndKeepsTheRest() {
        for (int i = 1; i <= 8; i++) {
            assertEquals(Map.of(), set(frontend(i), i));
        }
        assertTrue(set(frontend(9), 2).get(frontend(9)).contains("8 services"));
        assertTrue(
                set(frontend(1), 1, 2, 3, 4, 5, 6, 7, 8, 9, 10).get(frontend(1)).contains("16 backends"));
        assertEquals(List.of(backend(1)), memory.lookUp(frontend(1)), "it is as it was");

        remove(frontend(8));
        assertEquals(Map.of(), set(frontend(9), 2), "what waited to be reused is collected when it is needed");
    }

    @Test
    void aRunThatWasCutShortIsCleanedUp() {
        set(frontend(1), 2);
        set(frontend(2), 3);
        memory.frontends.content.remove(frontend(2));
        table = new ServiceTable(memory.maps());
        for (int i = 3; i <= 9; i++) {
            assertEquals(Map.of(), set(frontend(i), 1, 2));
        }
        assertEquals(List.of(backend(2)), memory.lookUp(frontend(1)));
    }

    @Test
    void aDamagedTableIsRepaired() {
        set(frontend(1), 2, 3);
        set(frontend(2), 4, 5);
        memory.services.publishWord(1, Layout.SERVICE_WORD, memory.services.getWord(0, Layout.SERVICE_WORD));
        memory.frontends.content.put(frontend(5), 77);
        memory.addresses.content.put(address("10.96.0.99"), 1);
        table = new ServiceTable(memory.maps());
        assertFalse(memory.frontends.content.containsKey(frontend(5)));
        assertEquals(Set.of(address("10.96.0.1"), address("10.96.0.2")), memory.addresses.content.keySet());
        set(frontend(1), 2, 3);
        set(frontend(2), 4, 5);
        assertEquals(List.of(backend(2), backend(3)), memory.lookUp(frontend(1)));
        assertEquals(List.of(backend(4), backend(5)), memory.lookUp(frontend(2)));
    }

    @Test
    void onlyReadyBackendsAreChosenAndTerminatingOnesOnlyIfNoneIsReady() {
        var states = new TreeMap<Backend, Backend.State>();
        states.put(backend(2), Backend.State.TERMINATING);
        states.put(backend(3), Backend.State.READY);
        states.put(backend(4), Backend.State.SERVING);
        table.apply(Set.of(frontend(1)), f -> Optional.of(port(f, states)));
        assertEquals(List.of(backend(3)), memory.lookUp(frontend(1)));

        states.remove(backend(3));
        table.apply(Set.of(frontend(1)), f -> Optional.of(port(f, states)));
        assertEquals(List.of(backend(2)), memory.lookUp(frontend(1)));
    }

    @Test
    void whateverHappensEveryFrontendLeadsToItsOwnBackends() {
        var random = new Random(7);
        var expected = new HashMap<Frontend, ServicePort>();
        for (int step = 0; step < 5_000; step++) {
            var frontend = frontend(1 + random.nextInt(10));
            Optional<ServicePort> wanted = random.nextInt(4) == 0
                    ? Optional.empty()
                    : Optional.of(
                            port(frontend, random.ints(random.nextInt(5), 1, 6).toArray()));
            var failures = table.apply(Set.of(frontend), f -> wanted);
            if (failures.isEmpty()) {
                wanted.ifPresentOrElse(port -> expected.put(frontend, port), () -> expected.remove(frontend));
            }
            switch (random.nextInt(10)) {
                case 0 -> table.collect();
                case 1 -> table = new ServiceTable(memory.maps());
                default -> {}
            }
            assertEquals(expected.keySet(), memory.frontends.content.keySet());
            expected.forEach((f, port) -> assertEquals(List.copyOf(port.chosen()), memory.lookUp(f)));
        }
    }
}
