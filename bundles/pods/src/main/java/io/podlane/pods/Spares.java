// SPDX-License-Identifier: Apache-2.0
package io.podlane.pods;

import io.podlane.api.device.Device;
import io.podlane.api.device.PodLink;
import io.podlane.api.device.PodLinkProvider;
import io.podlane.api.device.PodSpec;
import io.podlane.api.device.SparePair;
import io.podlane.api.kernel.KernelException;
import io.podlane.api.status.Problems;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Device pairs that wait for pods. For each program that is attached to a device the kernel waits until no packet is under
 * way (tcx_entry_sync() in include/net/tcx.h, netkit_entry_sync() in drivers/net/netkit.c), 5 to 20 ms at a time. A spare
 * pair has its programs already, and a pod that gets it waits once, for its far side to be moved (the rcu_barrier() in
 * __dev_change_net_namespace(), net/core/dev.c). For one thread.
 */
final class Spares {
    private static final Logger LOG = LoggerFactory.getLogger(Spares.class);
    private static final String PREFIX = "plspare";
    private static final String SUBJECT = "spare device pairs";
    private static final Duration RETRY = Duration.ofSeconds(30);

    /** What it needs of the node. */
    interface Node {
        /** The path of the namespace in which far sides wait; made if need be. */
        String waitingRoom();

        boolean has(String device);

        boolean has(int ifindex);

        /** Removes a device; one that is gone already is no error. */
        void delete(int ifindex);

        /** Removes the waiting room, and the pairs that are still in there some time after. */
        void close();
    }

    private final Node node;
    private final Problems problems;
    private final Deque<SparePair> ready = new ArrayDeque<>();
    private Optional<PodLinkProvider> provider = Optional.empty();
    private int wanted;

    Spares(Node node, Problems problems) {
        this.node = node;
        this.problems = problems;
    }

    /** How many to keep. Those that are too many go. */
    void keep(int count) {
        wanted = Math.max(0, Math.min(count, PodsConfig.MOST_SPARES));
        while (ready.size() > wanted) {
            delete(ready.removeLast());
        }
        if (wanted == 0) {
            removeAll();
        }
    }

    /** Which provider is to make them. Those of another one go, also of one that has only been updated. */
    void madeBy(Optional<PodLinkProvider> best) {
        if (!best.equals(provider)) {
            removeAll();
            provider = best;
        }
    }

    /**
     * Makes one, if one is missing.
     *
     * @return when to come again; empty if nothing is missing
     */
    Optional<Duration> refill(int mtu, Duration soon) {
        if (!lacking()) {
            return Optional.empty();
        }
        try {
            Optional<SparePair> made = provider.orElseThrow().prepare(node.waitingRoom(), freeName(), mtu);
            problems.clear(SUBJECT);
            if (made.isEmpty()) {
                node.close(); // Devices of this kind cannot be made ahead.
                return Optional.empty();
            }
            ready.add(made.get());
            return lacking() ? Optional.of(soon) : Optional.empty();
        } catch (KernelException e) {
            problems.report(SUBJECT, "none can be made, so that adding a pod takes longer: " + e.getMessage());
            return Optional.of(RETRY);
        }
    }

    private boolean lacking() {
        return provider.isPresent() && ready.size() < wanted;
    }

    private String freeName() {
        int number = 1;
        while (node.has(PREFIX + number)) {
            number++;
        }
        return PREFIX + number;
    }

    /** A pod's device: a spare one if there is one of that provider, otherwise a new one. */
    PodLink connect(PodLinkProvider by, PodSpec spec, String deviceName, int mtu) {
        if (provider.filter(by::equals).isPresent() && !ready.isEmpty()) {
            SparePair spare = ready.removeFirst();
            try {
                return spare.assign(spec, deviceName, mtu);
            } catch (KernelException e) {
                // If it was the pod's fault, the same will be said again.
                LOG.warn(
                        "pod={} device={} spare pair not usable: {}",
                        spec.name(),
                        spare.device().name(),
                        e.getMessage());
            }
        }
        return by.create(spec, deviceName, mtu);
    }

    /** The node's sides of those that wait. */
    List<Device> devices() {
        return ready.stream().map(SparePair::device).toList();
    }

    /** Looks which are still there. */
    void reconcile() {
        ready.removeIf(spare -> !node.has(spare.device().ifindex()));
    }

    /**
     * A device is gone.
     *
     * @return whether it was one of these
     */
    boolean removed(int ifindex) {
        return ready.removeIf(spare -> spare.device().ifindex() == ifindex);
    }

    /** Removes all of them at once, so that nothing of them is left when this returns. */
    void removeAll() {
        ready.forEach(this::delete);
        ready.clear();
        node.close();
    }

    /** Lets go of them: the kernel removes them some time after. */
    void close() {
        ready.clear();
        node.close();
    }

    private void delete(SparePair spare) {
        try {
            node.delete(spare.device().ifindex());
        } catch (KernelException e) {
            LOG.warn(
                    "device={} not removed, goes with its namespace: {}",
                    spare.device().name(),
                    e.getMessage());
        }
    }
}
