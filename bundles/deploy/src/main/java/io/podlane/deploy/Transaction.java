// SPDX-License-Identifier: Apache-2.0
package io.podlane.deploy;

import io.podlane.resolution.RootCause;
import io.podlane.resolution.UnmetRequirement;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.FrameworkEvent;
import org.osgi.framework.startlevel.BundleStartLevel;
import org.osgi.framework.wiring.FrameworkWiring;

/**
 * One update: the new jar, or all as it was. Bundles are stopped and started transiently, so that whoever asks sees bundles
 * that are meant to run all along, which keeps their programs attached.
 * <p>
 * It uses the context of the system bundle, so that it outlives the bundle it is in.
 */
final class Transaction {
    private static final long SETTLE_MS = 3_000;
    private static final long LOOK_EVERY_MS = 10;
    private static final long REFRESH_TIMEOUT_MS = 30_000;

    private final BundleContext system;
    private final Bundle target;
    private final Health before;
    /** The bundles that ran, in the order to start them. */
    private final List<Bundle> running;
    /** What the framework has of the target. */
    private BundleJar content;

    private Transaction(BundleContext system, Bundle target, BundleJar content) {
        this.system = system;
        this.target = target;
        this.content = content;
        this.before = Health.read(system, target.getSymbolicName());
        this.running = inStartOrder(List.of(system.getBundles()));
    }

    /**
     * Updates a bundle.
     *
     * @param old what it is now, to be put back on failure
     * @return the other bundles that were restarted with it
     * @throws UpdateFailedException if the old jar runs again, or could not be made to
     */
    static List<String> update(BundleContext system, Bundle target, BundleJar next, BundleJar old)
            throws UpdateFailedException {
        var transaction = new Transaction(system, target, old);
        Set<Bundle> restarted = new HashSet<>();
        Optional<String> failure = transaction.switchTo(next, restarted);
        if (failure.isPresent()) {
            Optional<String> second = transaction.switchTo(old, restarted);
            throw new UpdateFailedException(next + " was refused; "
                    + second.map(reason ->
                                    "putting back " + old + " failed as well: " + reason + "; what was refused: ")
                            .orElse(old + " runs again: ")
                    + failure.get());
        }
        return inStartOrder(restarted).stream()
                .filter(bundle -> !bundle.equals(target))
                .map(Bundle::getSymbolicName)
                .toList();
    }

    private static List<Bundle> inStartOrder(Collection<Bundle> bundles) {
        return bundles.stream()
                .filter(Transaction::isRunning)
                .sorted(Comparator.comparingInt(Transaction::startLevel).thenComparingLong(Bundle::getBundleId))
                .toList();
    }

    private static int startLevel(Bundle bundle) {
        return bundle.getBundleId() == 0
                ? 0
                : bundle.adapt(BundleStartLevel.class).getStartLevel();
    }

    private static boolean isRunning(Bundle bundle) {
        // STARTING is a bundle that waits for its first class to be asked for.
        return bundle.getState() == Bundle.ACTIVE || bundle.getState() == Bundle.STARTING;
    }

    /** Returns what is worse afterwards than it was before the transaction. */
    private Optional<String> switchTo(BundleJar jar, Set<Bundle> restarted) {
        FrameworkWiring wiring = system.getBundle(0).adapt(FrameworkWiring.class);
        Set<Bundle> affected = new HashSet<>(wiring.getDependencyClosure(List.of(target)));
        affected.add(target);
        // On the way back also those that lost their wires to the target on the way there.
        affected.addAll(restarted);
        restarted.addAll(affected);
        Map<Bundle, Exception> failures = new LinkedHashMap<>();
        stop(affected, failures);
        // The way back has nothing to change where the framework did not take the new jar, on a full disk for instance.
        if (!jar.equals(content)) {
            try (InputStream in = jar.open()) {
                target.update(in);
                content = jar;
            } catch (BundleException | IOException | RuntimeException e) {
                failures.put(target, e);
            }
        }
        try {
            if (affected.size() > 1) {
                refresh(wiring, affected);
            }
        } catch (UpdateFailedException e) {
            failures.put(target, e);
        }
        start(affected, failures);
        return failures.isEmpty()
                ? verify()
                : Optional.of(describe(failures.entrySet().iterator().next()));
    }

    private void stop(Set<Bundle> affected, Map<Bundle, Exception> failures) {
        List<Bundle> inOrder = new ArrayList<>(running);
        Collections.reverse(inOrder);
        for (Bundle bundle : inOrder) {
            if (affected.contains(bundle) && isRunning(bundle)) {
                try {
                    bundle.stop(Bundle.STOP_TRANSIENT);
                } catch (BundleException | RuntimeException e) {
                    failures.put(bundle, e);
                }
            }
        }
    }

    /** Wires bundles anew, and returns when that is done. */
    static void refresh(FrameworkWiring wiring, Collection<Bundle> affected) throws UpdateFailedException {
        var refreshed = new CountDownLatch(1);
        wiring.refreshBundles(affected, event -> {
            if (event.getType() == FrameworkEvent.PACKAGES_REFRESHED) {
                refreshed.countDown();
            }
        });
        try {
            if (!refreshed.await(REFRESH_TIMEOUT_MS, TimeUnit.MILLISECONDS)) {
                throw new UpdateFailedException("the framework did not refresh within " + REFRESH_TIMEOUT_MS + " ms");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UpdateFailedException("interrupted while the framework refreshed", e);
        }
    }

    private void start(Set<Bundle> affected, Map<Bundle, Exception> failures) {
        for (Bundle bundle : running) {
            if (affected.contains(bundle)) {
                try {
                    boolean lazily = bundle.adapt(BundleStartLevel.class).isActivationPolicyUsed();
                    bundle.start(Bundle.START_TRANSIENT | (lazily ? Bundle.START_ACTIVATION_POLICY : 0));
                } catch (BundleException | RuntimeException e) {
                    failures.put(bundle, e);
                }
            }
        }
    }

    private String describe(Map.Entry<Bundle, Exception> failure) {
        Bundle bundle = failure.getKey();
        String who = bundle.equals(target) ? "" : bundle.getSymbolicName() + ": ";
        Optional<UnmetRequirement> unmet =
                bundle.getState() == Bundle.INSTALLED ? UnmetRequirement.of(bundle, system) : Optional.empty();
        return who + unmet.map(u -> u.describe(bundle)).orElseGet(() -> RootCause.of(failure.getValue()));
    }

    /** Components may become satisfied a moment later, when services are registered by other threads. */
    private Optional<String> verify() {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(SETTLE_MS);
        while (true) {
            Optional<String> stopped = running.stream()
                    .filter(bundle -> !isRunning(bundle))
                    .map(bundle -> bundle.getSymbolicName() + " is no longer active")
                    .findFirst();
            Health now = Health.read(system, target.getSymbolicName());
            Optional<String> failure = now.newFailure(before).or(() -> stopped);
            Optional<String> complaint = now.newComplaint(before);
            if (failure.isPresent() || complaint.isEmpty() || System.nanoTime() > deadline) {
                return failure.or(() -> complaint);
            }
            try {
                Thread.sleep(LOOK_EVERY_MS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return complaint;
            }
        }
    }
}
