// SPDX-License-Identifier: Apache-2.0
package io.podlane.servicetable;

import io.podlane.api.bpf.BpfLoader;
import io.podlane.api.bpf.BpfObject;
import io.podlane.api.bpf.BpfSource;
import io.podlane.api.cluster.ClusterChange;
import io.podlane.api.cluster.ClusterListener;
import io.podlane.api.cluster.ClusterState;
import io.podlane.api.kernel.KernelException;
import io.podlane.api.reconcile.Backoff;
import io.podlane.api.reconcile.OwnerThread;
import io.podlane.api.status.Problems;
import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the service table in the kernel what the cluster says. Until the first snapshot it changes nothing; what it leaves
 * behind when it stops works on. All work is done by one thread of its own.
 */
@Component(service = {ClusterListener.class, ServiceListing.class})
public final class ServiceReconciler implements ClusterListener, ServiceListing {
    private static final Logger LOG = LoggerFactory.getLogger(ServiceReconciler.class);
    private static final String TABLE = "service table";
    private static final Duration COLLECT_AFTER = Duration.ofSeconds(1);

    private final BpfObject object;
    private final ServiceMaps maps;
    private final Problems problems;
    private final OwnerThread thread =
            new OwnerThread("podlane-servicetable", e -> LOG.error("event=failed thread=podlane-servicetable", e));

    // All that follows belongs to the owner thread.
    private final Services services = new Services();
    private final Map<Frontend, String> failures = new HashMap<>();
    private final Backoff backoff = new Backoff(Duration.ofMillis(500), Duration.ofSeconds(30));
    private ServiceTable table;
    private boolean complete;
    private boolean collecting;

    @Activate
    public ServiceReconciler(BundleContext context, @Reference BpfLoader loader) {
        this.object = loader.load(BpfSource.of(ServiceReconciler.class, "/bpf/tables.bpf.o"));
        this.maps = ServiceMaps.of(object);
        this.problems = new Problems(context);
    }

    /** Stops; the table stays as it is. */
    @Deactivate
    public void stop() {
        thread.close();
        problems.close();
        object.close();
    }

    @Override
    public void snapshot(ClusterState state) {
        thread.later(() -> {
            services.replace(state);
            complete = true;
            reconcileAll();
        });
    }

    @Override
    public void changed(List<ClusterChange> changes) {
        thread.later(() -> reconcile(services.apply(changes)));
    }

    private void reconcileAll() {
        try {
            if (table == null) {
                table = new ServiceTable(maps);
            }
            var all = new HashSet<>(table.frontends());
            all.addAll(services.frontends());
            reconcile(all);
        } catch (KernelException e) {
            retryLater(e);
        }
    }

    private void reconcile(Set<Frontend> concerned) {
        if (!complete) {
            return;
        }
        if (table == null) {
            reconcileAll(); // An attempt failed; this one may not.
            return;
        }
        try {
            apply(concerned);
            if (!failures.isEmpty()) {
                apply(List.copyOf(failures.keySet())); // Something may have made room.
            }
            backoff.reset();
            problems.clear(TABLE);
        } catch (KernelException e) {
            retryLater(e);
        }
        report();
        collectLater();
    }

    private void apply(Collection<Frontend> concerned) {
        failures.keySet().removeAll(concerned);
        failures.putAll(table.apply(concerned, services::owner));
    }

    /** What was done and what not is unknown after an error in the kernel: the next attempt looks. */
    private void retryLater(KernelException e) {
        Duration wait = backoff.next();
        LOG.warn("event=reconcile-failed retryMillis={} error=\"{}\"", wait.toMillis(), e.getMessage());
        problems.report(TABLE, e.getMessage() + "; trying again");
        table = null;
        failures.clear();
        thread.after(wait, this::reconcileAll);
    }

    private void report() {
        var all = new HashMap<>(services.problems());
        failures.forEach((frontend, message) -> services.owner(frontend)
                .ifPresent(port -> all.put("service " + port.service() + " " + frontend, message)));
        all.forEach(problems::report);
        var subjects = new HashSet<>(all.keySet());
        subjects.add(TABLE);
        problems.retain(subjects);
    }

    /** Not at once: the wait is long, and serves all that changes meanwhile. */
    private void collectLater() {
        if (!collecting && table != null) {
            collecting = true;
            thread.after(COLLECT_AFTER, this::collect);
        }
    }

    private void collect() {
        collecting = false;
        try {
            if (table != null && table.collect() && !failures.isEmpty()) {
                reconcile(Set.of());
            }
        } catch (KernelException e) {
            retryLater(e);
        }
    }

    @Override
    public List<Row> rows() {
        return thread.call(() -> services.frontends().stream()
                .map(services::owner)
                .flatMap(Optional::stream)
                .sorted(Comparator.comparing(ServicePort::service)
                        .thenComparing(port -> port.frontend().toString()))
                .map(ServiceReconciler::row)
                .toList());
    }

    private static Row row(ServicePort port) {
        return new Row(
                port.service().namespace(),
                port.service().name(),
                port.frontend().address().getHostAddress(),
                port.frontend().port(),
                port.frontend().protocol().name(),
                port.type().name(),
                port.backends().entrySet().stream()
                        .map(e -> new Endpoint(
                                e.getKey().address().getHostAddress(),
                                e.getKey().port(),
                                e.getValue().name().toLowerCase(Locale.ROOT)))
                        .toList());
    }
}
