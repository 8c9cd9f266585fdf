// SPDX-License-Identifier: Apache-2.0
package io.podlane.manifests;

import io.podlane.api.cluster.ClusterChange;
import io.podlane.api.cluster.ClusterListener;
import io.podlane.api.cluster.ClusterState;
import io.podlane.api.cluster.Pod;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands the cluster's state to those who listen: a snapshot first, then what changes. One call at a time, from whichever
 * thread brings the change. A listener that fails gets a snapshot when it is tried again. Thread-safe.
 */
final class ClusterFeed {
    private static final Logger LOG = LoggerFactory.getLogger(ClusterFeed.class);

    private static final class Subscriber {
        private final ClusterListener listener;
        /** Whether it has the current state. */
        private boolean current;

        Subscriber(ClusterListener listener) {
            this.listener = listener;
        }
    }

    private final Consumer<Map<String, String>> problems;
    private final List<Subscriber> subscribers = new ArrayList<>();
    private FolderContent content;
    private List<Pod> own = List.of();
    private ClusterState state = ClusterState.EMPTY;
    private boolean complete;

    /**
     * Makes a feed of nothing.
     *
     * @param problems is told what is wrong, by subject, whenever it may have changed
     */
    ClusterFeed(Consumer<Map<String, String>> problems) {
        this.problems = problems;
    }

    /** What the files say now; nobody is told before it is complete for the first time. */
    synchronized void content(FolderContent latest, boolean isComplete) {
        content = latest;
        complete |= isComplete;
        refresh();
    }

    /** The pods of this node. */
    synchronized void own(List<Pod> pods) {
        own = List.copyOf(pods);
        if (content != null) {
            refresh();
        }
    }

    private void refresh() {
        Endpoints.Result result = Endpoints.complete(content, own);
        problems.accept(result.problems());
        List<ClusterChange> changes = state.changesTo(result.state());
        if (!changes.isEmpty()) {
            state = result.state();
        }
        for (Subscriber subscriber : List.copyOf(subscribers)) {
            deliver(subscriber, changes);
        }
    }

    private void deliver(Subscriber subscriber, List<ClusterChange> changes) {
        if (!complete || (subscriber.current && changes.isEmpty())) {
            return;
        }
        boolean snapshot = !subscriber.current;
        subscriber.current = false;
        try {
            if (snapshot) {
                subscriber.listener.snapshot(state);
            } else {
                subscriber.listener.changed(changes);
            }
            subscriber.current = true;
        } catch (RuntimeException | LinkageError e) {
            LOG.error(
                    "listener={} failed; it will get a snapshot",
                    subscriber.listener.getClass().getName(),
                    e);
        }
    }

    /** Gives a snapshot now, if there is one, and changes from then on. */
    synchronized void add(ClusterListener listener) {
        var subscriber = new Subscriber(listener);
        subscribers.add(subscriber);
        deliver(subscriber, List.of());
    }

    synchronized void remove(ClusterListener listener) {
        subscribers.removeIf(subscriber -> subscriber.listener == listener);
    }

    /** Tries again with listeners that have failed. */
    synchronized void retry() {
        for (Subscriber subscriber : List.copyOf(subscribers)) {
            deliver(subscriber, List.of());
        }
    }
}
