// SPDX-License-Identifier: Apache-2.0
package io.podlane.tcx;

import io.podlane.api.attach.AttachPoint;
import io.podlane.api.attach.HookUseListener;
import io.podlane.api.attach.Order;
import io.podlane.api.bpf.BpfLoader;
import io.podlane.api.bpf.BpfSource;
import io.podlane.api.bpf.Program;
import io.podlane.api.device.Device;
import io.podlane.api.device.DeviceListener;
import io.podlane.api.extension.DatapathExtension;
import io.podlane.api.node.NodeConfig;
import io.podlane.api.reconcile.Backoff;
import io.podlane.api.reconcile.OwnerThread;
import io.podlane.api.status.Problems;
import io.podlane.api.status.Purgeable;
import io.podlane.linux.netlink.Rtnetlink;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleListener;
import org.osgi.framework.ServiceReference;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import org.osgi.service.component.runtime.ServiceComponentRuntime;
import org.osgi.service.metatype.annotations.Designate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the kernel's attachments as they are declared: by extensions and devices, and by bundles through the attach service.
 * What is not declared any more it sweeps, by the rule of {@link SweepRule}. All of it happens on one thread; whoever
 * declares something waits until it is done.
 */
@Component(
        service = {Attachments.class, DeviceListener.class, Purgeable.class},
        configurationPid = TcxConfig.PID)
@Designate(ocd = TcxConfig.class)
public final class Attachments implements DeviceListener, Purgeable {
    private static final Logger LOG = LoggerFactory.getLogger(Attachments.class);
    private static final String TAIL_OBJECT = "/bpf/tail.bpf.o";
    private static final String TAIL_PROGRAM = "podlane_tcx_tail";
    private static final Duration CHECK_INTERVAL = Duration.ofSeconds(60);

    private final BundleContext context;
    private final BpfLoader loader;
    private final Problems problems;
    private final Problems recordProblems;
    private final Problems sweepProblems;
    private final LeaseRecords records;
    private final Leases leases;
    private final OwnerThread thread;
    private final Sweeper sweeper;
    private final BundleListener bundles = event -> sweepSoon();

    // The state of the owner thread.
    private final Extensions extensions = new Extensions();
    private final Map<Path, Object> explicit = new HashMap<>();
    private final HookUse hookUse = new HookUse();
    private Map<Integer, Device> devices = Map.of();
    private boolean devicesKnown;
    private Map<LinkPin, Declaration> declared = Map.of();
    private Optional<Program> tail = Optional.empty();
    private final Backoff backoff = new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(30));
    private Future<?> nextRetry;
    private Future<?> nextCheck;
    private boolean purged;

    private volatile boolean stopped;

    @Activate
    public Attachments(
            BundleContext context,
            TcxConfig config,
            @Reference BpfLoader loader,
            @Reference ServiceComponentRuntime components) {
        this.context = context;
        this.loader = loader;
        this.problems = new Problems(context);
        this.recordProblems = new Problems(context);
        this.sweepProblems = new Problems(context);
        var node = NodeConfig.of(context);
        long cookie = netnsCookie();
        this.records = new LeaseRecords(
                node.bpffs().resolve("links"),
                node.cgroup(),
                cookie,
                node.stateDir().resolve("leases.jsonl"),
                (subject, message) -> message.ifPresentOrElse(
                        text -> recordProblems.report(subject, text), () -> recordProblems.clear(subject)));
        this.leases = new Leases(node.bpffs(), cookie, records);
        this.thread = new OwnerThread("podlane-tcx", e -> LOG.error("event=failed thread=podlane-tcx", e));
        this.sweeper = new Sweeper(
                leases,
                new Owners(context, components),
                thread,
                sweepProblems,
                Duration.ofSeconds(config.lingerSeconds()),
                this::sweep);
        thread.run(() -> {
            leases.adopt(records.load());
            nextCheck = thread.after(CHECK_INTERVAL, this::check);
            sweep();
        });
        context.addBundleListener(bundles);
    }

    private static long netnsCookie() {
        try (var rtnetlink = Rtnetlink.open()) {
            return rtnetlink.netnsCookie();
        }
    }

    /** What is in the kernel stays: whoever comes next adopts it. */
    @Deactivate
    void stop() {
        stopped = true;
        context.removeBundleListener(bundles);
        thread.close();
        problems.close();
        recordProblems.close();
        sweepProblems.close();
    }

    @Modified
    void configure(TcxConfig config) {
        thread.run(() -> {
            sweeper.lingerTime(Duration.ofSeconds(config.lingerSeconds()));
            sweep();
        });
    }

    @Reference(
            service = DatapathExtension.class,
            cardinality = ReferenceCardinality.MULTIPLE,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    void addExtension(ServiceReference<DatapathExtension> reference, DatapathExtension extension) {
        unlessStopped(() -> {
            extensions.add(reference, extension);
            reconcile();
        });
    }

    void removeExtension(ServiceReference<DatapathExtension> reference) {
        unlessStopped(() -> {
            extensions.remove(reference);
            reconcile();
        });
    }

    @Reference(
            cardinality = ReferenceCardinality.MULTIPLE,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    void addHookUseListener(HookUseListener listener) {
        unlessStopped(() -> hookUse.add(listener));
    }

    void removeHookUseListener(HookUseListener listener) {
        unlessStopped(() -> hookUse.remove(listener));
    }

    private void unlessStopped(Runnable work) {
        if (!stopped) {
            thread.run(work);
        }
    }

    @Override
    public void devices(List<Device> now) {
        unlessStopped(() -> {
            Map<Integer, Device> before = devices;
            devices = now.stream().collect(Collectors.toMap(Device::ifindex, d -> d, (a, b) -> b, LinkedHashMap::new));
            devicesKnown = true;
            // The kernel gives an index to another device later.
            leases.doubt(lease -> ifindex(lease.point())
                    .map(i -> !java.util.Objects.equals(before.get(i), devices.get(i)))
                    .orElse(false));
            leases.removeGone(lease ->
                    ifindex(lease.point()).map(i -> !devices.containsKey(i)).orElse(false));
            reconcile();
        });
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
                tail = Optional.of(loader.load(BpfSource.of(Attachments.class, TAIL_OBJECT))
                        .program(TAIL_PROGRAM));
            }
            return Extensions.tails(devices.values(), context.getBundle().getSymbolicName(), leases, tail.get());
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

    /** Looks whether others have changed what is ours. */
    private void check() {
        leases.doubt(lease -> true);
        reconcile();
        nextCheck = thread.after(CHECK_INTERVAL, this::check);
    }

    private void sweepSoon() {
        if (!stopped) {
            thread.later(this::sweep);
        }
    }

    private void sweep() {
        if (!purged && sweeper.sweep(this::isDeclared)) {
            settle();
        }
    }

    /** Until the devices are known, nothing on a device can be missed. */
    private boolean isDeclared(Lease lease) {
        return !devicesKnown && ifindex(lease.point()).isPresent()
                || declared.containsKey(lease.pin())
                || explicit.containsKey(leases.path(lease.pin()));
    }

    // What follows is the attach service's, for one of its users.

    /** Attaches or adopts; declared for as long as the holder does not let go. */
    Lease attach(
            Object holder,
            String owner,
            String name,
            Program program,
            AttachPoint point,
            Order order,
            OptionalLong revision) {
        return thread.call(() -> {
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
        });
    }

    private String deviceName(AttachPoint point) {
        return ifindex(point)
                .map(i -> devices.containsKey(i) ? devices.get(i).name() : DeviceNames.of(i))
                .orElse("");
    }

    Optional<Lease> get(LinkPin pin) {
        return thread.call(() -> leases.get(pin));
    }

    void replace(LinkPin pin, Program program) {
        thread.run(() -> {
            leases.replace(pin, program);
            settle();
        });
    }

    void detach(LinkPin pin) {
        thread.run(() -> {
            explicit.remove(leases.path(pin));
            leases.detach(pin);
            settle();
        });
    }

    /** What a bundle has attached through the attach service. */
    List<Lease> attachments(Object holder) {
        return thread.call(() -> leases.all().stream()
                .filter(lease -> explicit.get(leases.path(lease.pin())) == holder)
                .toList());
    }

    /** The holder's attachments are not declared any more. */
    void letGo(Object holder) {
        unlessStopped(() -> {
            explicit.values().removeIf(other -> other == holder);
            sweep();
        });
    }

    /** A picture of what is attached, for lists. */
    <T> T look(java.util.function.BiFunction<Leases, Collection<Device>, T> reader) {
        return thread.call((Supplier<T>) () -> reader.apply(leases, List.copyOf(devices.values())));
    }

    @Override
    public int order() {
        return ATTACHMENTS;
    }

    @Override
    public void purge() throws IOException {
        var failures = new HashSet<String>();
        thread.run(() -> {
            purged = true;
            leases.all().stream().sorted(Sweeper.lastFirst()).forEach(lease -> {
                try {
                    leases.detach(lease.pin());
                } catch (RuntimeException e) {
                    failures.add(e.getMessage());
                }
            });
            settle();
            leases.removeFolder();
        });
        records.purge();
        if (!failures.isEmpty()) {
            throw new IOException(String.join("; ", failures));
        }
    }
}
