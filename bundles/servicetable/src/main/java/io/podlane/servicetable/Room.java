// SPDX-License-Identifier: Apache-2.0
package io.podlane.servicetable;

import io.podlane.api.bpf.MappedArray;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Which elements of the table's arrays are free, which are taken, and which are discarded: free once no packet can look at
 * them any more, which {@link #collect} waits for. For one thread.
 */
final class Room {
    private final MappedArray services;
    private final Ids serviceIds;
    private final Ids backendIds;
    private final Ranges ranges;
    private final int backends;
    private final int slots;
    private final List<Runnable> garbage = new ArrayList<>();

    /** Something does not fit. Nothing was taken. */
    static final class Full extends Exception {
        private static final long serialVersionUID = 1L;

        Full(String what, int size) {
            super("the service table is full: it holds " + size + " " + what);
        }
    }

    /** All is free. */
    Room(ServiceMaps maps) {
        services = maps.services();
        backends = maps.backends().length();
        slots = maps.slots().length();
        serviceIds = new Ids(services.length());
        backendIds = new Ids(backends);
        ranges = new Ranges(slots);
    }

    /** Takes a service's id that an earlier run gave; false if it is taken. */
    boolean adoptService(int id) {
        return serviceIds.take(id);
    }

    /** Takes a backend's id that an earlier run gave. */
    void adoptBackend(int id) {
        backendIds.take(id);
    }

    /** Takes the slots that a service's word names; false if part of them is taken, or they are none that we give. */
    boolean adoptRange(long word) {
        int count = Layout.count(word);
        return count == 0 || ranges.take(Layout.first(word), count);
    }

    int takeService() throws Full {
        int id = serviceIds.take();
        if (id < 0) {
            throw new Full("services", services.length());
        }
        return id;
    }

    /** An id for each backend, or none at all. */
    Map<Backend, Integer> takeBackends(Collection<Backend> newcomers) throws Full {
        if (newcomers.size() > backendIds.available()) {
            throw new Full("backends", backends);
        }
        var ids = new HashMap<Backend, Integer>();
        newcomers.forEach(backend -> ids.put(backend, backendIds.take()));
        return ids;
    }

    /** The first of so many slots in a row. */
    int takeRange(int count) throws Full {
        int first = ranges.take(count);
        if (first < 0) {
            throw new Full("slots", slots);
        }
        return first;
    }

    /** Frees an id that no packet has seen. */
    void giveBackService(int id) {
        serviceIds.free(id);
    }

    /** Frees an id that no packet has seen. */
    void giveBackBackend(int id) {
        backendIds.free(id);
    }

    void discardService(int id) {
        garbage.add(() -> serviceIds.free(id));
    }

    void discardBackend(int id) {
        garbage.add(() -> backendIds.free(id));
    }

    /** Discards the slots that a service's word names. */
    void discardRange(long word) {
        int count = Layout.count(word);
        if (count > 0) {
            garbage.add(() -> ranges.free(Layout.first(word), count));
        }
    }

    /**
     * Frees what is discarded; waits until no packet looks at it.
     *
     * @return whether there was anything
     */
    boolean collect() {
        if (garbage.isEmpty()) {
            return false;
        }
        services.gracePeriod();
        garbage.forEach(Runnable::run);
        garbage.clear();
        return true;
    }
}
