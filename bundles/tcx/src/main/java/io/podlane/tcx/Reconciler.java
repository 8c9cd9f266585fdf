// SPDX-License-Identifier: Apache-2.0
package io.podlane.tcx;

import io.podlane.api.attach.AttachPoint;
import io.podlane.api.attach.HookUseListener;
import io.podlane.api.attach.Order;
import io.podlane.api.bpf.Program;
import io.podlane.api.device.Device;
import io.podlane.api.extension.DatapathExtension;
import io.podlane.api.reconcile.Backoff;
import io.podlane.api.reconcile.OwnerThread;
import io.podlane.api.status.Problems;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.osgi.framework.ServiceReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is declared, by extensions and devices and through the attach service, and how the leases become so. For the owner
 * thread only.
 */
final class Reconciler {
    static final String TAIL_PROGRAM = "podlane_tcx_tail";

    private static final Logger LOG = LoggerFactory.getLogger(Reconciler.class);
    private static final Duration CHECK_INTERVAL = Duration.ofSeconds(60);

    private final OwnerThread thread;
    private final Leases leases;
    private final Sweeper sweeper;
    private final Problems problems;
    private final String self;
    private final Supplier<Program> tailLoader;
    private final Backoff backoff = new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(30));

    private final Extensions extensions = new Extensions();
    private final HookUse hookUse = new HookUse();
    /** Who has attached something through the attach service, by its pin. */
    private final Map<Path, Object> explicit = new HashMap<>();

    private Map<Integer, Device> devices = Map.of();
    private boolean devicesKnown;
    private Map<LinkPin, Declaration> declared = Map.of();
    private Optional<Program> tail = Optional.empty();
    private Future<?> nextRetry;
    private boolean purged;

    /**
     * @param self the symbolic name of the bundle that the tails belong to
     * @param tailLoader loads the tail program, when it is needed first
     */
    Reconciler(
            OwnerThread thread,
            Leases leases,
            Sweeper sweeper,
            Problems problems,
            String self,
            Supplier<Program> tailLoader) {
        this.thread = thread;
        this.leases = leases;
        this.sweeper = sweeper;
        this.problems = problems;
        this.self = self;
        this.tailLoader = tailLoader;
    }

    void start(Collection<Lease> found) {
        leases.adopt(found);
        checkLater();
        sweep();
    }

    void add(ServiceReference<DatapathExtension> reference, Extensions.Wish wish) {
        extensions.add(reference, wish);
        reconcile();
    }

    void remove(ServiceReference<DatapathExtension> reference) {
        extensions.remove(reference);
        reconcile();
    }

    void add(HookUseListener listener) {
        hookUse.add(listener);
    }

    void remove(HookUseListener listener) {
        hookUse.remove(listener);
    }

    void devices(List<Device> now) {
        Map<Integer, Device> before = devices;
        devices = now.stream().collect(Collectors.toMap(Device::ifindex, d -> d, (a, b) -> b, LinkedHashMap::new));
        devicesKnown = true;
        // The kernel gives an index to another device later.
        leases.doubt(lease -> ifindex(lease.point())
                .map(i -> !Objects.equals(before.get(i), devices.get(i)))
                .orElse(false));
        leases.removeGone(lease ->
                ifindex(lease.point()).map(i -> !devices.containsKey(i)).orElse(false));
        reconcile();
    }

    private static Optional<Integer> ifindex(AttachPoint point) {
        if (point instanceof AttachPoint.Ordered ordered) {
            return Optional.of(ordered.ifindex());
        }
        return point instanceof AttachPoint.Xdp xdp ? Optional.of(xdp.ifindex()) : Optional.empty();
    }

    /** Compares what is declared with what is there, and makes the difference. */
    private void reconcile() {
        if (purged) {
            return;
        }
        var wrong = new HashMap<String, String>();
        var wanted = new LinkedHashMap<LinkPin, Declaration>();
        // Tails first: before them a chain would end undecided.
        tails(wrong).forEach(declaration -> wanted.put(declaration.pin(), declaration));
        wanted.putAll(extensions.declarations(devices.values(), leases, wrong::put));
        declared = wanted;
        boolean failed = wrong.containsKey(TAIL_PROGRAM);
        for (Declaration declaration : wanted.values()) {
            try {
                leases.ensure(declaration);
            } catch (RuntimeException e) {
                wrong.put(subject(declaration), e.getMessage());
                failed = true;
            }
        }
        settle();
        wrong.forEach(problems::report);
        problems.retain(wrong.keySet());
        retryLater(failed);
        sweep();
    }

    private List<Declaration> tails(Map<String, String> wrong) {
        if (devices.values().stream().allMatch(device -> device.tailed().isEmpty())) {
            return List.of();
        }
        try {
            if (tail.isEmpty()) {
                tail = Optional.of(tailLoader.get());
            }
            return Extensions.tails(devices.values(), self, leases, tail.get());
        } catch (RuntimeException e) {
            wrong.put(TAIL_PROGRAM, e.getMessage());
            return List.of();
        }
    }

    private static String subject(Declaration declaration) {
        return Extensions.subject(declaration.pin().name(), declaration.pin().owner(), declaration.device());
    }

    private void settle() {
        try {
            leases.settle();
        } catch (RuntimeException e) {
            LOG.warn("clearing up after attachments failed: {}", e.getMessage());
        }
        hookUse.publish(leases.all(), devices);
    }

    private void retryLater(boolean needed) {
        if (nextRetry != null) {
            nextRetry.cancel(false);
        }
        if (needed) {
            nextRetry = thread.after(backoff.next(), this::reconcile);
        } else {
            backoff.reset();
        }
    }

    /** Looks now and then whether others have changed what is ours. */
    private void checkLater() {
        thread.after(CHECK_INTERVAL, () -> {
            checkLater();
            leases.doubt(lease -> true);
            reconcile();
        });
    }

    void sweep() {
        if (!purged && sweeper.sweep(this::isDeclared, this::sweep)) {
            settle();
        }
    }

    /** Until the devices are known, nothing on a device can be missed. */
    private boolean isDeclared(Lease lease) {
        return !devicesKnown && ifindex(lease.point()).isPresent()
                || declared.containsKey(lease.pin())
                || explicit.containsKey(leases.path(lease.pin()));
    }

    /** Attaches or adopts; declared for as long as the holder does not let go. */
    Lease attach(
            Object holder,
            String owner,
            String name,
            Program program,
            AttachPoint point,
            Order order,
            OptionalLong revision) {
        var declaration = new Declaration(
                leases.pin(owner, point, name),
                point,
                order instanceof Order.InPhase in ? Optional.of(in.phase()) : Optional.empty(),
                deviceName(point),
                program);
        Lease lease = order instanceof Order.InPhase && revision.isEmpty()
                ? leases.ensure(declaration)
                : leases.ensure(
                        declaration,
                        listed -> Anchors.place(declaration, order, listed, leases.byLink(point)),
                        revision);
        explicit.put(leases.path(lease.pin()), holder);
        settle();
        return lease;
    }

    private String deviceName(AttachPoint point) {
        return ifindex(point)
                .map(i -> devices.containsKey(i) ? devices.get(i).name() : DeviceNames.of(i))
                .orElse("");
    }

    void replace(LinkPin pin, Program program) {
        leases.replace(pin, program);
        settle();
    }

    void detach(LinkPin pin) {
        explicit.remove(leases.path(pin));
        leases.detach(pin);
        settle();
    }

    /** What a holder has attached and not let go. */
    List<Lease> heldBy(Object holder) {
        return leases.all().stream()
                .filter(lease -> explicit.get(leases.path(lease.pin())) == holder)
                .toList();
    }

    /** The holder's attachments are not declared any more. */
    void letGo(Object holder) {
        explicit.values().removeIf(other -> other == holder);
        sweep();
    }

    Collection<Device> devices() {
        return List.copyOf(devices.values());
    }

    /**
     * Detaches all, and attaches nothing any more.
     *
     * @return what could not be done
     */
    Set<String> purge() {
        purged = true;
        var failures = new HashSet<String>();
        leases.all().stream().sorted(Sweeper.lastFirst()).forEach(lease -> {
            try {
                leases.detach(lease.pin());
            } catch (RuntimeException e) {
                failures.add(e.getMessage());
            }
        });
        settle();
        leases.removeFolder();
        return failures;
    }
}
