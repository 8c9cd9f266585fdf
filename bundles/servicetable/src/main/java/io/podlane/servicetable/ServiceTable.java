// SPDX-License-Identifier: Apache-2.0
package io.podlane.servicetable;

import io.podlane.api.bpf.MappedArray;
import java.net.Inet4Address;
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
    private final Ids serviceIds;
    private final Ids backendIds;
    private final Ranges ranges;
    private final Map<Frontend, Placed> placed = new HashMap<>();
    private final Map<Inet4Address, Integer> frontendsAt = new HashMap<>();
    private final List<Runnable> garbage = new ArrayList<>();

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

    /** Something does not fit. Nothing was changed. */
    private static final class TableFull extends Exception {
        private static final long serialVersionUID = 1L;

        TableFull(String what, int size) {
            super("the service table is full: it holds " + size + " " + what);
        }
    }

    ServiceTable(ServiceMaps maps) {
        this.maps = maps;
        this.serviceIds = new Ids(maps.services().length());
        this.backendIds = new Ids(maps.backends().length());
        this.ranges = new Ranges(maps.slots().length());
        readFrontends();
        readBackends();
        readAddresses();
    }

    private void readFrontends() {
        var strays = new ArrayList<Frontend>();
        maps.frontends().forEach((frontend, id) -> {
            boolean known = id >= 0
                    && id < maps.services().length()
                    && Layout.isServiceOf(maps.services(), id, frontend)
                    && serviceIds.take(id);
            if (!known) {
                strays.add(frontend);
                return;
            }
            var service = new Placed(id);
            service.word = maps.services().getWord(id, Layout.SERVICE_WORD);
            int count = Layout.count(service.word);
            service.ownsRange = count == 0 || ranges.take(Layout.first(service.word), count);
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
                backendIds.take(id);
            }
        }
    }

    private void readAddresses() {
        placed.keySet().forEach(frontend -> frontendsAt.merge(frontend.address(), 1, Integer::sum));
        var stale = new HashSet<Inet4Address>();
        var missing = new HashSet<>(frontendsAt.keySet());
        maps.addresses().forEach((address, one) -> {
            if (!missing.remove(address)) {
                stale.add(address);
            }
        });
        putAddresses(missing);
        if (!stale.isEmpty()) {
            maps.addresses().removeAll(stale);
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
            } catch (TableFull e) {
                failures.put(frontend, e.getMessage());
            }
        }
        publish(added);
        withdraw(removed);
        return failures;
    }

    private interface Step {
        Placed run() throws TableFull;
    }

    /** What is only waiting to be reused may make the room that lacks. */
    private Placed retrying(Step step) throws TableFull {
        try {
            return step.run();
        } catch (TableFull e) {
            if (!collect()) {
                throw e;
            }
            return step.run();
        }
    }

    private Placed create(ServicePort port) throws TableFull {
        int id = serviceIds.take();
        if (id < 0) {
            throw new TableFull("services", maps.services().length());
        }
        var service = new Placed(id);
        service.word = Layout.word(0, 0, maps.services().getWord(id, Layout.SERVICE_WORD));
        try {
            fill(service, port, true);
        } catch (TableFull e) {
            serviceIds.free(id);
            throw e;
        }
        return service;
    }

    private Placed update(Placed service, ServicePort port) throws TableFull {
        fill(service, port, false);
        return service;
    }

    /** Gives a service its backends: first takes all the room it needs, then writes, then publishes, then lets go. */
    private void fill(Placed service, ServicePort port, boolean fresh) throws TableFull {
        var ids = new TreeMap<>(service.backends);
        ids.keySet().retainAll(port.backends().keySet());
        var newcomers = new HashSet<>(port.backends().keySet());
        newcomers.removeAll(ids.keySet());
        if (newcomers.size() > backendIds.available()) {
            throw new TableFull("backends", maps.backends().length());
        }
        newcomers.forEach(backend -> ids.put(backend, backendIds.take()));

        int[] chosen = port.chosen().stream()
                .limit(Layout.MAX_COUNT)
                .mapToInt(ids::get)
                .toArray();
        boolean moves = fresh || !service.ownsRange || !Arrays.equals(chosen, slots(service.word));
        int first = 0;
        if (moves && chosen.length > 0) {
            first = ranges.take(chosen.length);
            if (first < 0) {
                newcomers.forEach(backend -> backendIds.free(ids.get(backend)));
                throw new TableFull("slots", maps.slots().length());
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
        var addresses = new HashSet<Inet4Address>();
        added.forEach((frontend, service) -> {
            ids.put(frontend, service.id);
            if (frontendsAt.merge(frontend.address(), 1, Integer::sum) == 1) {
                addresses.add(frontend.address());
            }
        });
        placed.putAll(added);
        maps.frontends().putAll(ids);
        putAddresses(addresses);
    }

    private void withdraw(List<Frontend> removed) {
        if (removed.isEmpty()) {
            return;
        }
        var addresses = new HashSet<Inet4Address>();
        for (Frontend frontend : removed) {
            if (frontendsAt.merge(frontend.address(), -1, (a, b) -> a + b == 0 ? null : a + b) == null) {
                addresses.add(frontend.address());
            }
        }
        maps.frontends().removeAll(removed);
        if (!addresses.isEmpty()) {
            maps.addresses().removeAll(addresses);
        }
        for (Frontend frontend : removed) {
            Placed service = placed.remove(frontend);
            service.backends.values().forEach(this::discardBackend);
            discardRange(service, service.word);
            garbage.add(() -> serviceIds.free(service.id));
        }
    }

    private void putAddresses(Set<Inet4Address> addresses) {
        if (!addresses.isEmpty()) {
            var ones = new HashMap<Inet4Address, Integer>();
            addresses.forEach(address -> ones.put(address, 1));
            maps.addresses().putAll(ones);
        }
    }

    private void discardRange(Placed service, long word) {
        if (service.ownsRange && Layout.count(word) > 0) {
            garbage.add(() -> ranges.free(Layout.first(word), Layout.count(word)));
        }
    }

    private void discardBackend(int id) {
        stopServing(id);
        garbage.add(() -> backendIds.free(id));
    }

    private void stopServing(int id) {
        long word = maps.backends().getWord(id, Layout.BACKEND_WORD);
        maps.backends().publishWord(id, Layout.BACKEND_WORD, Layout.notServing(word));
    }

    /**
     * Makes what is no longer needed free for reuse; waits until no packet looks at it.
     *
     * @return whether there was anything
     */
    boolean collect() {
        if (garbage.isEmpty()) {
            return false;
        }
        maps.services().gracePeriod();
        garbage.forEach(Runnable::run);
        garbage.clear();
        return true;
    }
}
