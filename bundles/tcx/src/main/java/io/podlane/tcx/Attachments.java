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
import io.podlane.api.reconcile.OwnerThread;
import io.podlane.api.status.Problems;
import io.podlane.api.status.Purgeable;
import io.podlane.linux.netlink.Rtnetlink;
import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.BiFunction;
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

    private final BundleContext context;
    private final Problems problems;
    private final Problems recordProblems;
    private final Problems sweepProblems;
    private final LeaseRecords records;
    private final OwnerThread thread =
            new OwnerThread("podlane-tcx", e -> LOG.error("event=failed thread=podlane-tcx", e));
    private final BundleListener bundles = event -> sweepSoon();

    // What follows belongs to the owner thread.
    private final Leases leases;
    private final Sweeper sweeper;
    private final Reconciler reconciler;

    private volatile boolean stopped;

    @Activate
    public Attachments(
            BundleContext context,
            TcxConfig config,
            @Reference BpfLoader loader,
            @Reference ServiceComponentRuntime components) {
        this.context = context;
        problems = new Problems(context);
        recordProblems = new Problems(context);
        sweepProblems = new Problems(context);
        var node = NodeConfig.of(context);
        long cookie = netnsCookie();
        records = new LeaseRecords(
                node.bpffs().resolve("links"),
                node.cgroup(),
                cookie,
                node.stateDir().resolve("leases.jsonl"),
                (subject, message) -> message.ifPresentOrElse(
                        text -> recordProblems.report(subject, text), () -> recordProblems.clear(subject)));
        leases = new Leases(node.bpffs(), cookie, records);
        var owners = new Owners(context, components);
        sweeper = new Sweeper(leases, owners, thread, sweepProblems, Duration.ofSeconds(config.lingerSeconds()));
        reconciler = new Reconciler(
                thread, leases, sweeper, problems, context.getBundle().getSymbolicName(), () -> loader.load(
                                BpfSource.of(Attachments.class, TAIL_OBJECT))
                        .program(Reconciler.TAIL_PROGRAM));
        thread.run(() -> reconciler.start(records.load()));
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
            reconciler.sweep();
        });
    }

    @Reference(
            service = DatapathExtension.class,
            cardinality = ReferenceCardinality.MULTIPLE,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    void addExtension(ServiceReference<DatapathExtension> reference, DatapathExtension extension) {
        Extensions.Wish wish = Extensions.ask(extension);
        unlessStopped(() -> reconciler.add(reference, wish));
    }

    void removeExtension(ServiceReference<DatapathExtension> reference) {
        unlessStopped(() -> reconciler.remove(reference));
    }

    @Reference(
            cardinality = ReferenceCardinality.MULTIPLE,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    void addHookUseListener(HookUseListener listener) {
        unlessStopped(() -> reconciler.add(listener));
    }

    void removeHookUseListener(HookUseListener listener) {
        unlessStopped(() -> reconciler.remove(listener));
    }

    private void unlessStopped(Runnable work) {
        if (!stopped) {
            thread.run(work);
        }
    }

    private void sweepSoon() {
        if (!stopped) {
            thread.later(reconciler::sweep);
        }
    }

    @Override
    public void devices(List<Device> now) {
        unlessStopped(() -> reconciler.devices(now));
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
        return thread.call(() -> reconciler.attach(holder, owner, name, program, point, order, revision));
    }

    Optional<Lease> get(LinkPin pin) {
        return thread.call(() -> leases.get(pin));
    }

    void replace(LinkPin pin, Program program) {
        thread.run(() -> reconciler.replace(pin, program));
    }

    void detach(LinkPin pin) {
        thread.run(() -> reconciler.detach(pin));
    }

    /** What a bundle has attached through the attach service. */
    List<Lease> attachments(Object holder) {
        return thread.call(() -> reconciler.heldBy(holder));
    }

    /** The holder's attachments are not declared any more. */
    void letGo(Object holder) {
        unlessStopped(() -> reconciler.letGo(holder));
    }

    /** A picture of what is attached, for lists. */
    <T> T look(BiFunction<Leases, Collection<Device>, T> reader) {
        return thread.call(() -> reader.apply(leases, reconciler.devices()));
    }

    @Override
    public int order() {
        return ATTACHMENTS;
    }

    @Override
    public void purge() throws IOException {
        var failures = thread.call(reconciler::purge);
        records.purge();
        if (!failures.isEmpty()) {
            throw new IOException(String.join("; ", failures));
        }
    }
}
