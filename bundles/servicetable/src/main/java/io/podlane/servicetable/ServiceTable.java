// SPDX-License-Identifier: Apache-2.0
package io.podlane.servicetable;

import io.podlane.api.bpf.MappedArray;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * The service table in the kernel. Knows what stands in it, at the start by reading it, and writes only what differs.
 *
 * <p>Packets read while it writes: new things are written where nobody looks yet, and then a word or a hash element leads
 * to them. What packets may still look at is reused only after {@link #collect}. For one thread.
 */
final class ServiceTable {
    private final ServiceMaps maps;
    private final Room room;
    private final Map<Frontend, Placed> placed = new HashMap<>();
    private final FrontendAddresses addresses;

    /** A service as it stands in the table. */
    private static final class Placed {
        private final int id;
        private long word;
        /** Whether the word's range is this service's own; false only in a table that somebody else has damaged. */
        private boolean ownsRange = true;

        private final TreeMap<Backend, Integer> backends = new TreeMap<>();

        Placed(int id) {
            this.id = id;
        }
    }

    ServiceTable(ServiceMaps maps) {
        this.maps = maps;
        this.room = new Room(maps);
        readFrontends();
        readBackends();
        this.addresses = new FrontendAddresses(maps.addresses(), placed.keySet());
    }

    private void readFrontends() {
        var strays = new ArrayList<Frontend>();
        maps.frontends().forEach((frontend, id) -> {
            boolean known = id >= 0
                    && id < maps.services().length()
                    && Layout.isServiceOf(maps.services(), id, frontend)
                    && room.adoptService(id);
            if (!known) {
                strays.add(frontend);
                return;
            }
            var service = new Placed(id);
            service.word = maps.services().getWord(id, Layout.SERVICE_WORD);
            service.ownsRange = room.adoptRange(service.word);
            placed.put(frontend, service);
        });
        if (!strays.isEmpty()) {
            maps.frontends().removeAll(strays);
        }
    }

    private void readBackends() {
        var byId = new HashMap<Integer, Placed>();
        placed.values().forEach(service -> byId.put(service.id, service));
        MappedArray backends = maps.backends();
        for (int id = 0; id < backends.length(); id++) {
            if (!Layout.serving(backends.getWord(id, Layout.BACKEND_WORD))) {
                continue;
            }
            var stored = Layout.readBackend(backends, id);
            Placed service = byId.get(stored.service());
            if (service == null || service.backends.putIfAbsent(stored.backend(), id) != null) {
                stopServing(id); // What a run that was cut short had begun.
            } else {
                room.adoptBackend(id);
            }
        }
    }

    /** The frontends in the table. */
    Set<Frontend> frontends() {
        return Set.copyOf(placed.keySet());
    }

    /**
     * Makes some frontends what they should be.
     *
     * @param wanted what a frontend should lead to; empty if it should not be there
     * @return what could not be done, by frontend; such a frontend is as it was
     */
    Map<Frontend, String> apply(Collection<Frontend> concerned, Function<Frontend, Optional<ServicePort>> wanted) {
        var failures = new LinkedHashMap<Frontend, String>();
        var added = new LinkedHashMap<Frontend, Placed>();
        var removed = new ArrayList<Frontend>();
        for (Frontend frontend : concerned) {
            Optional<ServicePort> port = wanted.apply(frontend);
            if (port.isEmpty()) {
                if (placed.containsKey(frontend)) {
                    removed.add(frontend);
                }
                continue;
            }
            try {
                Placed service = placed.get(frontend);
                if (service == null) {
                    added.put(frontend, retrying(() -> create(port.get())));
                } else {
                    retrying(() -> update(service, port.get()));
                }
            } catch (Room.Full e) {
                failures.put(frontend, e.getMessage());
            }
        }
        publish(added);
        withdraw(removed);
        return failures;
    }

    private interface Step {
        Placed run() throws Room.Full;
    }

    /** What is only waiting to be reused may make the room that lacks. */
    private Placed retrying(Step step) throws Room.Full {
        try {
            return step.run();
        } catch (Room.Full e) {
            if (!room.collect()) {
                throw e;
            }
            return step.run();
        }
    }

    private Placed create(ServicePort port) throws Room.Full {
        int id = room.takeService();
        var service = new Placed(id);
        service.word = Layout.word(0, 0, maps.services().getWord(id, Layout.SERVICE_WORD));
        try {
            fill(service, port, true);
        } catch (Room.Full e) {
            room.giveBackService(id);
            throw e;
        }
        return service;
    }

    private Placed update(Placed service, ServicePort port) throws Room.Full {
        fill(service, port, false);
        return service;
    }

    /** Gives a service its backends: first takes all the room it needs, then writes, then publishes, then lets go. */
    private void fill(Placed service, ServicePort port, boolean fresh) throws Room.Full {
        var ids = new TreeMap<>(service.backends);
        ids.keySet().retainAll(port.backends().keySet());
        var newcomers = new HashSet<>(port.backends().keySet());
        newcomers.removeAll(ids.keySet());
        ids.putAll(room.takeBackends(newcomers));

        int[] chosen = port.chosen().stream()
                .limit(Layout.MAX_COUNT)
                .mapToInt(ids::get)
                .toArray();
        boolean moves = fresh || !service.ownsRange || !Arrays.equals(chosen, slots(service.word));
        int first = 0;
        if (moves && chosen.length > 0) {
            try {
                first = room.takeRange(chosen.length);
            } catch (Room.Full e) {
                newcomers.forEach(backend -> room.giveBackBackend(ids.get(backend)));
                throw e;
            }
        }

        for (Backend backend : newcomers) {
            writeBackend(ids.get(backend), backend, port, service.id);
        }
        if (fresh) {
            maps.services().write(service.id, 0, Layout.service(port.frontend()));
        }
        if (moves) {
            for (int i = 0; i < chosen.length; i++) {
                ByteBuffer slot = Layout.buffer(Integer.BYTES).putInt(0, chosen[i]);
                maps.slots().write(first + i, 0, slot);
            }
            long old = service.word;
            service.word = Layout.word(first, chosen.length, old);
            maps.services().publishWord(service.id, Layout.SERVICE_WORD, service.word);
            discardRange(service, old);
            service.ownsRange = true;
        }
        service.backends.forEach((backend, id) -> {
            if (!ids.containsKey(backend)) {
                discardBackend(id);
            }
        });
        service.backends.clear();
        service.backends.putAll(ids);
    }

    private void writeBackend(int id, Backend backend, ServicePort port, int service) {
        ByteBuffer record = Layout.backend(backend, port.frontend().protocol(), service);
        maps.backends().write(id, 0, record.slice(0, Layout.BACKEND_WORD));
        maps.backends().publishWord(id, Layout.BACKEND_WORD, record.getLong(Layout.BACKEND_WORD));
    }

    private int[] slots(long word) {
        int[] ids = new int[Layout.count(word)];
        for (int i = 0; i < ids.length; i++) {
            ByteBuffer slot = Layout.buffer(Integer.BYTES);
            maps.slots().read(Layout.first(word) + i, slot);
            ids[i] = slot.getInt(0);
        }
        return ids;
    }

    private void publish(Map<Frontend, Placed> added) {
        if (added.isEmpty()) {
            return;
        }
        var ids = new LinkedHashMap<Frontend, Integer>();
        added.forEach((frontend, service) -> ids.put(frontend, service.id));
        placed.putAll(added);
        maps.frontends().putAll(ids);
        addresses.added(added.keySet());
    }

    private void withdraw(List<Frontend> removed) {
        if (removed.isEmpty()) {
            return;
        }
        maps.frontends().removeAll(removed);
        addresses.removed(removed);
        for (Frontend frontend : removed) {
            Placed service = placed.remove(frontend);
            service.backends.values().forEach(this::discardBackend);
            discardRange(service, service.word);
            room.discardService(service.id);
        }
    }

    private void discardRange(Placed service, long word) {
        if (service.ownsRange) {
            room.discardRange(word);
        }
    }

    private void discardBackend(int id) {
        stopServing(id);
        room.discardBackend(id);
    }

    private void stopServing(int id) {
        long word = maps.backends().getWord(id, Layout.BACKEND_WORD);
        maps.backends().publishWord(id, Layout.BACKEND_WORD, Layout.notServing(word));
    }

    /**
     * Frees what is no longer needed; waits until no packet looks at it.
     *
     * @return whether there was anything
     */
    boolean collect() {
        return room.collect();
    }
}
