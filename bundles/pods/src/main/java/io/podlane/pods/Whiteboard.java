// SPDX-License-Identifier: Apache-2.0
package io.podlane.pods;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Listeners that hear of a list: once when they come, and whenever it has changed. A listener that throws is logged, and
 * hears of the next change.
 *
 * @param <L> the listener
 * @param <T> what is in the list
 */
final class Whiteboard<L, T> {
    private static final Logger LOG = LoggerFactory.getLogger(Whiteboard.class);

    private final List<L> listeners = new CopyOnWriteArrayList<>();
    private final BiConsumer<L, List<T>> call;
    private List<T> last = List.of();

    Whiteboard(BiConsumer<L, List<T>> call) {
        this.call = call;
    }

    void add(L listener) {
        listeners.add(listener);
        tell(listener);
    }

    /** From any thread; a call that is under way goes on. */
    void remove(L listener) {
        listeners.remove(listener);
    }

    void publish(List<T> list) {
        if (!list.equals(last)) {
            last = List.copyOf(list);
            listeners.forEach(this::tell);
        }
    }

    private void tell(L listener) {
        try {
            call.accept(listener, last);
        } catch (RuntimeException | LinkageError e) {
            LOG.error("listener={} failed", listener.getClass().getName(), e);
        }
    }
}
