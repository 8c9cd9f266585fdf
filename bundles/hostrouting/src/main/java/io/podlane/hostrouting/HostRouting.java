// SPDX-License-Identifier: Apache-2.0
package io.podlane.hostrouting;

import io.podlane.api.attach.Hook;
import io.podlane.api.attach.HookUseListener;
import io.podlane.api.attach.Phase;
import io.podlane.api.bpf.BpfLoader;
import io.podlane.api.bpf.BpfObject;
import io.podlane.api.bpf.BpfSource;
import io.podlane.api.bpf.Codec;
import io.podlane.api.cluster.ClusterChange;
import io.podlane.api.cluster.ClusterListener;
import io.podlane.api.cluster.ClusterState;
import io.podlane.api.cluster.Node;
import io.podlane.api.device.Device;
import io.podlane.api.device.DeviceListener;
import io.podlane.api.device.PodLink;
import io.podlane.api.device.PodListener;
import io.podlane.api.extension.DatapathExtension;
import io.podlane.api.extension.DeviceSelector;
import io.podlane.api.kernel.KernelException;
import io.podlane.api.node.NodeConfig;
import io.podlane.api.status.Problems;
import io.podlane.api.status.Purgeable;
import io.podlane.linux.netlink.NetlinkMonitor;
import io.podlane.linux.netlink.Rtnetlink;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Passes packets from device to device: keeps the programs' maps and the kernel's routes what pods, nodes and uplinks say.
 * Of what it has not heard yet it changes nothing. What it leaves behind when it stops works on; the kernel's routes go with
 * {@link #purge} only, since other nodes' pods would be cut off without them. All work is done by one thread of its own.
 */
@Component(
        immediate = true,
        service = {
            PodListener.class,
            DeviceListener.class,
            ClusterListener.class,
            HookUseListener.class,
            RouteListing.class,
            Purgeable.class
        })
public final class HostRouting
        implements PodListener, DeviceListener, ClusterListener, HookUseListener, RouteListing, Purgeable {
    private static final Logger LOG = LoggerFactory.getLogger(HostRouting.class);
    private static final String PODS = "pod routes";
    private static final String NODES = "node routes";
    private static final long APPLY_MILLIS = 2_000;
    private static final long SETTLE_MILLIS = 50;
    private static final long COLLECT_AFTER_MILLIS = 1_000;
    private static final long RETRY_FIRST_MILLIS = 500;
    private static final long RETRY_MOST_MILLIS = 30_000;
    private static final long STOP_MILLIS = 5_000;

    private final BundleContext context;
    private final BpfObject object;
    private final Rtnetlink rtnetlink;
    private final NetlinkMonitor monitor;
    private final Problems problems;
    private final NodeRoutes nodeRoutes;
    private final ScheduledThreadPoolExecutor owner =
            new ScheduledThreadPoolExecutor(1, task -> new Thread(task, "podlane-hostrouting"));

    // All that follows belongs to the owner thread. What is null has not been heard yet.
    private final List<ServiceRegistration<DatapathExtension>> extensions = new ArrayList<>();
    private PodRoutes podRoutes;
    private List<PodLink> pods;
    private Set<Integer> ingressChains;
    private Set<Device> uplinks;
    private Map<String, Node> nodes;
    private boolean looking;
    private boolean collecting;
    private boolean purged;
    private long retryMillis = RETRY_FIRST_MILLIS;

    @Activate
    public HostRouting(BundleContext context, @Reference BpfLoader loader) {
        this.context = context;
        object = loader.load(BpfSource.of(HostRouting.class, "/bpf/route.bpf.o"));
        rtnetlink = Rtnetlink.open();
        problems = new Problems(context);
        nodeRoutes = new NodeRoutes(
                NodeConfig.of(context).name(),
                object.map("route_remote4_v1", Layout.PREFIX4, Layout.NEXT_HOP),
                rtnetlink.routes());
        owner.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        execute(this::adoptPods);
        monitor = NetlinkMonitor.start(
                "podlane-routes",
                Set.of(NetlinkMonitor.Topic.LINKS, NetlinkMonitor.Topic.ADDRESSES, NetlinkMonitor.Topic.ROUTES),
                event -> execute(() -> lookAtNodesIn(SETTLE_MILLIS)));
    }

    /** Stops; what is in the kernel stays as it is. */
    @Deactivate
    public void stop() throws InterruptedException {
        monitor.close();
        owner.shutdown();
        if (!owner.awaitTermination(STOP_MILLIS, TimeUnit.MILLISECONDS)) {
            LOG.warn("event=stop-timeout thread=podlane-hostrouting");
            owner.shutdownNow();
        }
        extensions.forEach(ServiceRegistration::unregister);
        problems.close();
        rtnetlink.close();
        object.close();
    }

    private void execute(Runnable task) {
        try {
            owner.execute(guarded(task));
        } catch (RejectedExecutionException stopping) {
            LOG.debug("event=ignored reason=stopping");
        }
    }

    private void schedule(Runnable task, long millis) {
        try {
            owner.schedule(guarded(task), millis, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException stopping) {
            LOG.debug("event=ignored reason=stopping");
        }
    }

    /** The executor would swallow what a task throws. */
    private static Runnable guarded(Runnable task) {
        return () -> {
            try {
                task.run();
            } catch (RuntimeException e) {
                LOG.error("event=failed thread=podlane-hostrouting", e);
            }
        };
    }

    /** Runs a task and waits for it, so that a pod is not reported as connected before its packets find their way. */
    private void await(Runnable task) {
        try {
            owner.submit(task).get(APPLY_MILLIS, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException stopping) {
            LOG.debug("event=ignored reason=stopping");
        } catch (TimeoutException e) {
            LOG.warn("event=slow thread=podlane-hostrouting waitedMillis={}", APPLY_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException e) {
            throw new IllegalStateException("routes cannot be applied", e.getCause());
        }
    }

    @Override
    public void pods(List<PodLink> now) {
        await(() -> {
            pods = now;
            applyPods();
        });
        // Sources are checked from here on, so the pods must be known before.
        execute(this::registerPrograms);
    }

    @Override
    public void hookUse(Map<Hook, Set<Integer>> ifindexes) {
        var ingress = Set.copyOf(ifindexes.getOrDefault(Hook.POD_INGRESS, Set.of()));
        execute(() -> {
            ingressChains = ingress;
            applyPods();
        });
    }

    @Override
    public void devices(List<Device> devices) {
        var now = devices.stream()
                .filter(device -> device.role() == Device.Role.UPLINK)
                .collect(Collectors.toUnmodifiableSet());
        execute(() -> {
            uplinks = now;
            lookAtNodes();
        });
    }

    @Override
    public void snapshot(ClusterState state) {
        execute(() -> {
            nodes = new HashMap<>(state.nodes());
            lookAtNodes();
        });
    }

    @Override
    public void changed(List<ClusterChange> changes) {
        execute(() -> {
            boolean concerned = false;
            for (ClusterChange change : changes) {
                if (change instanceof ClusterChange.NodeChanged c && nodes != null) {
                    concerned |= !c.node().equals(nodes.put(c.node().name(), c.node()));
                } else if (change instanceof ClusterChange.NodeRemoved c && nodes != null) {
                    concerned |= nodes.remove(c.name()) != null;
                }
            }
            if (concerned) {
                lookAtNodes();
            }
        });
    }

    /** After a restart the pods are known from the maps, and the programs need not wait for anyone. */
    private void adoptPods() {
        try {
            if (!podRoutes().isEmpty()) {
                registerPrograms();
            }
        } catch (KernelException e) {
            retryPods(e);
        }
    }

    private PodRoutes podRoutes() {
        if (podRoutes == null) {
            podRoutes = new PodRoutes(
                    object.map("route_pods4_v1", Layout.ADDRESS4, Codec.U32), object.mappedArray("route_pods_v1"));
        }
        return podRoutes;
    }

    private void applyPods() {
        if (pods == null || purged) {
            return;
        }
        try {
            // Until it is said where programs wait, it stays as the last run left it: none is passed by.
            var chains = ingressChains != null ? ingressChains : podRoutes().devicesWithIngressChain();
            var refused = podRoutes().apply(PodTarget.of(pods, chains));
            if (refused.isEmpty()) {
                problems.clear(PODS);
            } else {
                problems.report(PODS, "no room for " + refused + "; packets to these take the way through the stack");
            }
            retryMillis = RETRY_FIRST_MILLIS;
            if (!collecting) {
                collecting = true;
                schedule(this::collect, COLLECT_AFTER_MILLIS);
            }
        } catch (KernelException e) {
            retryPods(e);
        }
    }

    /** What was done and what not is unknown after an error in the kernel: the next attempt looks. */
    private void retryPods(KernelException e) {
        LOG.warn("event=pods-failed retryMillis={} error=\"{}\"", retryMillis, e.getMessage());
        problems.report(PODS, e.getMessage() + "; trying again");
        podRoutes = null;
        schedule(this::applyPods, nextRetry());
    }

    private long nextRetry() {
        long millis = retryMillis;
        retryMillis = Math.min(2 * retryMillis, RETRY_MOST_MILLIS);
        return millis;
    }

    private void collect() {
        collecting = false;
        if (podRoutes != null) {
            podRoutes.collect();
        }
    }

    private void lookAtNodesIn(long millis) {
        if (!looking) {
            looking = true;
            schedule(
                    () -> {
                        looking = false;
                        lookAtNodes();
                    },
                    millis);
        }
    }

    private void lookAtNodes() {
        if (nodes == null || uplinks == null || purged) {
            return;
        }
        try {
            var indices = uplinks.stream().map(Device::ifindex).collect(Collectors.toSet());
            var found = nodeRoutes.reconcile(nodes.values(), indices);
            found.forEach(problems::report);
            var subjects = new HashSet<>(found.keySet());
            subjects.add(PODS);
            problems.retain(subjects);
        } catch (KernelException e) {
            LOG.warn("event=nodes-failed error=\"{}\"", e.getMessage());
            problems.report(NODES, e.getMessage() + "; trying again");
            lookAtNodesIn(nextRetry());
        }
    }

    private void registerPrograms() {
        if (!extensions.isEmpty() || purged) {
            return;
        }
        var onPods = new DeviceSelector.Pods();
        // Before a service's translation, which replaces sources.
        register("check-source", "podlane_route_check_source", Hook.POD_EGRESS, Phase.CLASSIFY, onPods);
        register("route-from-pod", "podlane_route_from_pod", Hook.POD_EGRESS, Phase.ROUTE, onPods);
        register(
                "route-from-uplink",
                "podlane_route_from_uplink",
                Hook.UPLINK_INGRESS,
                Phase.ROUTE,
                new DeviceSelector.Uplinks());
    }

    private void register(String name, String program, Hook hook, Phase phase, DeviceSelector devices) {
        var extension = DatapathExtension.of(name, object.program(program), hook, phase, devices);
        extensions.add(context.registerService(DatapathExtension.class, extension, null));
    }

    @Override
    public List<Row> rows() {
        try {
            return owner.submit(this::readRows).get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while reading the routes", e);
        } catch (ExecutionException e) {
            throw new IllegalStateException("the routes cannot be read", e.getCause());
        }
    }

    private List<Row> readRows() {
        var names = new HashMap<Integer, String>();
        if (uplinks != null) {
            uplinks.forEach(uplink -> names.put(uplink.ifindex(), uplink.name()));
        }
        if (pods != null) {
            pods.forEach(pod -> names.put(pod.device().ifindex(), pod.device().name()));
        }
        var rows = new ArrayList<Row>();
        podRoutes()
                .targets()
                .forEach((address, target) -> rows.add(new Row(
                        address.getHostAddress(),
                        "pod",
                        names.getOrDefault(target.ifindex(), "ifindex " + target.ifindex()),
                        "",
                        !target.ingressChain())));
        nodeRoutes
                .nextHops()
                .forEach((block, hop) -> rows.add(new Row(
                        block.toString(),
                        "node",
                        names.getOrDefault(hop.ifindex(), "ifindex " + hop.ifindex()),
                        hop.address().getHostAddress(),
                        false)));
        rows.sort(Comparator.comparing(Row::kind).reversed().thenComparing(Row::destination));
        return rows;
    }

    @Override
    public int order() {
        return Purgeable.DEVICES;
    }

    @Override
    public void purge() throws Exception {
        try {
            owner.submit(() -> {
                        purged = true;
                        nodeRoutes.purge();
                    })
                    .get();
        } catch (ExecutionException e) {
            throw new IllegalStateException("routes to other nodes' pods cannot be removed", e.getCause());
        }
    }
}
