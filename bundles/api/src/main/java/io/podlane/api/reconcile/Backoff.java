// SPDX-License-Identifier: Apache-2.0
package io.podlane.api.reconcile;

import java.time.Duration;

/** How long to wait before the next attempt: twice as long each time, up to a limit. For one thread. */
public final class Backoff {
    private final Duration first;
    private final Duration longest;
    private Duration next;

    public Backoff(Duration first, Duration longest) {
        this.first = first;
        this.longest = longest;
        this.next = first;
    }

    /** Something has failed: how long to wait now. */
    public Duration next() {
        Duration wait = next;
        Duration twice = wait.multipliedBy(2);
        next = twice.compareTo(longest) > 0 ? longest : twice;
        return wait;
    }

    /** It has worked: the next failure is a first one. */
    public void reset() {
        next = first;
    }
}
