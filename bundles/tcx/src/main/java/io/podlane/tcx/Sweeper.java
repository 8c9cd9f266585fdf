// SPDX-License-Identifier: Apache-2.0
package io.podlane.tcx;

import io.podlane.api.reconcile.OwnerThread;
import io.podlane.api.status.Problems;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes away what nobody has declared for long enough. For the owner thread only. */
final class Sweeper {
    private static final Logger LOG = LoggerFactory.getLogger(Sweeper.class);
    private static final Duration INTERVAL = Duration.ofSeconds(1);

    private final Leases leases;
    private final Owners owners;
    private final OwnerThread thread;
    private final Problems problems;
    private final Linger linger = new Linger();
    private Duration lingerTime;
    private Future<?> next;

    /** @param problems told what cannot be detached */
    Sweeper(Leases leases, Owners owners, OwnerThread thread, Problems problems, Duration lingerTime) {
        this.problems = problems;
        this.leases = leases;
        this.owners = owners;
        this.thread = thread;
        this.lingerTime = lingerTime;
    }

    void lingerTime(Duration time) {
        lingerTime = time;
    }

    /**
     * Detaches what is due, and looks again later as long as something may become so.
     *
     * @param again what to run when it is time to look again
     * @return whether anything was detached
     */
    boolean sweep(Predicate<Lease> declared, Runnable again) {
        if (next != null) {
            next.cancel(false);
        }
        List<Lease> undeclared = leases.all().stream().filter(declared.negate()).toList();
        var decisions = new HashMap<String, SweepRule.Decision>();
        Set<Path> lingering = undeclared.stream()
                .filter(lease ->
                        decisions.computeIfAbsent(lease.pin().owner(), owners::decide) == SweepRule.Decision.LINGER)
                .map(this::path)
                .collect(Collectors.toSet());
        Set<Path> due = linger.due(lingering, Instant.now(), lingerTime);
        var failed = new HashSet<String>();
        undeclared.stream()
                .filter(lease -> due.contains(path(lease)))
                .sorted(lastFirst())
                .forEach(lease -> detach(lease, failed));
        problems.retain(failed);
        int left = undeclared.size() - due.size() + failed.size();
        if (left > 0) {
            next = thread.after(INTERVAL, again);
        }
        return due.size() > failed.size();
    }

    /** The last of a chain first, so that no program hands on to one that has gone before it; tails at the very end. */
    static Comparator<Lease> lastFirst() {
        return Comparator.comparing(Leases::isTail)
                .thenComparing(
                        (Lease lease) -> lease.rank().orElse(null),
                        Comparator.nullsFirst(Comparator.<Rank>reverseOrder()));
    }

    private Path path(Lease lease) {
        return leases.path(lease.pin());
    }

    private void detach(Lease lease, Set<String> failed) {
        String subject = Extensions.subject(lease.pin().name(), lease.pin().owner(), lease.device());
        try {
            leases.detach(lease.pin());
            LOG.info("detached={} point={}", subject, lease.point().describe());
        } catch (RuntimeException e) {
            failed.add(subject);
            problems.report(subject, e.getMessage());
        }
    }
}
