// SPDX-License-Identifier: Apache-2.0
package io.podlane.hostrouting;

import io.podlane.api.bpf.BpfObject;
import io.podlane.api.bpf.Codec;
import io.podlane.api.device.PodLink;
import io.podlane.api.kernel.KernelException;
import io.podlane.api.reconcile.Backoff;
import io.podlane.api.reconcile.OwnerThread;
import io.podlane.api.status.Problems;
import java.net.Inet4Address;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps the programs' map of this node's pods what pods and hooks say. For the owner thread only. */
final class PodReconciler {
    private static final Logger LOG = LoggerFactory.getLogger(PodReconciler.class);
    private static final String SUBJECT = "pod routes";
    private static final Duration COLLECT_AFTER = Duration.ofSeconds(1);

    private final BpfObject object;
    private final OwnerThread thread;
    private final Problems problems;
    private final Backoff backoff = new Backoff(HostRouting.FIRST_RETRY, HostRouting.LAST_RETRY);
    /** Null until the maps have been read, and after an error in them. */
    private PodRoutes routes;
    /** Null until they have been said. */
    private List<PodLink> pods;
    /** Null until they have been said. */
    private Set<Integer> ingressChains;

    private boolean collecting;
    private boolean stopped;

    PodReconciler(BpfObject object, OwnerThread thread, Problems problems) {
        this.object = object;
        this.thread = thread;
        this.problems = problems;
    }

    /** Whether an earlier run has left pods in the maps. */
    boolean adopt() {
        try {
            return !routes().isEmpty();
        } catch (KernelException e) {
            retry(e);
            return false;
        }
    }

    void pods(List<PodLink> now) {
        pods = now;
        apply();
    }

    /** On which devices programs wait at a pod's ingress. */
    void ingressChains(Set<Integer> ifindexes) {
        ingressChains = ifindexes;
        apply();
    }

    /** Changes nothing from here on. */
    void stop() {
        stopped = true;
    }

    private PodRoutes routes() {
        if (routes == null) {
            routes = new PodRoutes(
                    object.map("route_pods4_v1", Codec.IPV4, Codec.U32), object.mappedArray("route_pods_v1"));
        }
        return routes;
    }

    private void apply() {
        if (pods == null || stopped) {
            return;
        }
        try {
            // Until it is said where programs wait, it stays as the last run left it: none is passed by.
            var chains = ingressChains != null ? ingressChains : routes().devicesWithIngressChain();
            var refused = routes().apply(PodTarget.of(pods, chains));
            if (refused.isEmpty()) {
                problems.clear(SUBJECT);
            } else {
                problems.report(
                        SUBJECT, "no room for " + refused + "; packets to these take the way through the stack");
            }
            backoff.reset();
            collectLater();
        } catch (KernelException e) {
            retry(e);
        }
    }

    /** What was done and what not is unknown after an error in the kernel: the next attempt looks. */
    private void retry(KernelException e) {
        Duration wait = backoff.next();
        LOG.warn("event=pods-failed retryMillis={} error=\"{}\"", wait.toMillis(), e.getMessage());
        problems.report(SUBJECT, e.getMessage() + "; trying again");
        routes = null;
        thread.after(wait, this::apply);
    }

    private void collectLater() {
        if (!collecting) {
            collecting = true;
            thread.after(COLLECT_AFTER, this::collect);
        }
    }

    private void collect() {
        collecting = false;
        if (routes != null) {
            routes.collect();
        }
    }

    /** What the programs know. */
    Map<Inet4Address, PodTarget> targets() {
        return routes().targets();
    }

    /** The pods as they were said to be. */
    List<PodLink> pods() {
        return pods == null ? List.of() : pods;
    }
}
