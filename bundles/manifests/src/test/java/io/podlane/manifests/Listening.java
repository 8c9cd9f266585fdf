// SPDX-License-Identifier: Apache-2.0
package io.podlane.manifests;

import static org.junit.jupiter.api.Assertions.fail;

import io.podlane.api.cluster.ClusterChange;
import io.podlane.api.cluster.ClusterListener;
import io.podlane.api.cluster.ClusterState;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.function.Predicate;

/** A listener that applies what it gets, as every listener does, and lets a test wait for what it should have. */
final class Listening implements ClusterListener {
    private static final long DEADLINE_MILLIS = 10_000;

    private ClusterState state;
    private final List<List<ClusterChange>> changes = new ArrayList<>();
    private int snapshots;

    @Override
    public synchronized void snapshot(ClusterState snapshot) {
        state = snapshot;
        snapshots++;
        notifyAll();
    }

    @Override
    public synchronized void changed(List<ClusterChange> some) {
        if (state == null || some.isEmpty()) {
            fail("changes before a snapshot, or none: " + some);
        }
        state = state.with(some);
        changes.add(some);
        notifyAll();
    }

    /** The state; null before the first snapshot. */
    synchronized ClusterState state() {
        return state;
    }

    synchronized List<List<ClusterChange>> changes() {
        return List.copyOf(changes);
    }

    synchronized int snapshots() {
        return snapshots;
    }

    /** The Services' names and first ports, such as {@code a:80 b:81}. */
    synchronized String services() {
        if (state == null) {
            return "no snapshot";
        }
        var ports = new TreeMap<String, Integer>();
        state.services()
                .forEach((name, service) ->
                        ports.put(name.name(), service.ports().get(0).port()));
        return String.join(
                " ",
                ports.entrySet().stream()
                        .map(e -> e.getKey() + ":" + e.getValue())
                        .toList());
    }

    synchronized void await(Predicate<Listening> condition) throws InterruptedException {
        long deadline = System.currentTimeMillis() + DEADLINE_MILLIS;
        while (!condition.test(this)) {
            long left = deadline - System.currentTimeMillis();
            if (left <= 0) {
                fail("not within " + DEADLINE_MILLIS + " ms; services: " + services());
            }
            wait(left);
        }
    }

    void awaitServices(String services) throws InterruptedException {
        await(listening -> listening.services().equals(services));
    }
}
