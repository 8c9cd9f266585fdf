// SPDX-License-Identifier: Apache-2.0
package io.podlane.hostrouting;

import io.podlane.api.attach.Hook;
import io.podlane.api.attach.HookUseListener;
import io.podlane.api.attach.Phase;
import io.podlane.api.bpf.BpfLoader;
import io.podlane.api.bpf.BpfObject;
import io.podlane.api.bpf.BpfSource;
import io.podlane.api.cluster.ClusterChange;
import io.podlane.api.cluster.ClusterListener;
import io.podlane.api.cluster.ClusterState;
import io.podlane.api.device.Device;
import io.podlane.api.device.DeviceListener;
import io.podlane.api.device.PodLink;
import io.podlane.api.device.PodListener;
import io.podlane.api.extension.DatapathExtension;
import io.podlane.api.extension.DeviceSelector;
import io.podlane.api.node.NodeConfig;
import io.podlane.api.reconcile.OwnerThread;
import io.podlane.api.status.Problems;
import io.podlane.api.status.Purgeable;
import io.podlane.linux.netlink.NetlinkMonitor;
import io.podlane.linux.netlink.Rtnetlink;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
    static final Duration FIRST_RETRY = Duration.ofMillis(500);
    static final Duration LAST_RETRY = Duration.ofSeconds(30);

    private static final Logger LOG = LoggerFactory.getLogger(HostRouting.class);
    private static final Duration APPLY = Duration.ofSeconds(2);

    private final BundleContext context;
    private final BpfObject object;
    private final Rtnetlink rtnetlink;
    private final NetlinkMonitor monitor;
    private final Problems podProblems;
    private final Problems nodeProblems;
    private final OwnerThread thread =
            new OwnerThread("podlane-hostrouting", e -> LOG.error("event=failed thread=podlane-hostrouting", e));

    // All that follows belongs to the owner thread.
    private final PodReconciler pods;
    private final NodeReconciler nodes;
    private final List<ServiceRegistration<DatapathExtension>> extensions = new ArrayList<>();
    private boolean purged;

    @Activate
    public HostRouting(BundleContext context, @Reference BpfLoader loader) {
        this.context = context;
        object = loader.load(BpfSource.of(HostRouting.class, "/bpf/route.bpf.o"));
        rtnetlink = Rtnetlink.open();
        podProblems = new Problems(context);
        nodeProblems = new Problems(context);
        pods = new PodReconciler(object, thread, podProblems);
        var nodeRoutes = new NodeRoutes(
                NodeConfig.of(context).name(),
                object.map("route_remote4_v1", Layout.PREFIX4, Layout.NEXT_HOP),
                rtnetlink.routes());
        nodes = new NodeReconciler(nodeRoutes, thread, nodeProblems);
        thread.later(() -> {
            // After a restart the pods are known from the maps, and the programs need not wait for anyone.
            if (pods.adopt()) {
                registerPrograms();
            }
        });
        monitor = NetlinkMonitor.start(
                "podlane-routes",
                Set.of(NetlinkMonitor.Topic.LINKS, NetlinkMonitor.Topic.ADDRESSES, NetlinkMonitor.Topic.ROUTES),
                event -> thread.later(nodes::lookSoon));
    }

    /** Stops; what is in the kernel stays as it is. */
    @Deactivate
    public void stop() {
        monitor.close();
        thread.close();
        extensions.forEach(ServiceRegistration::unregister);
        podProblems.close();
        nodeProblems.close();
        rtnetlink.close();
        object.close();
    }

    /** Waits for its work, so that a pod is not reported as connected before its packets find their way. */
    @Override
    public void pods(List<PodLink> now) {
        if (!thread.run(() -> pods.pods(now), APPLY)) {
            LOG.warn("event=slow thread=podlane-hostrouting waited={}", APPLY);
        }
        // Sources are checked from here on, so the pods must be known before.
        thread.later(this::registerPrograms);
    }

    @Override
    public void hookUse(Map<Hook, Set<Integer>> ifindexes) {
        var ingress = Set.copyOf(ifindexes.getOrDefault(Hook.POD_INGRESS, Set.of()));
        thread.later(() -> pods.ingressChains(ingress));
    }

    @Override
    public void devices(List<Device> devices) {
        var uplinks = devices.stream()
                .filter(device -> device.role() == Device.Role.UPLINK)
                .collect(Collectors.toUnmodifiableSet());
        thread.later(() -> nodes.uplinks(uplinks));
    }

    @Override
    public void snapshot(ClusterState state) {
        thread.later(() -> nodes.snapshot(state));
    }

    @Override
    public void changed(List<ClusterChange> changes) {
        thread.later(() -> nodes.changed(changes));
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
        return thread.call(this::readRows);
    }

    private List<Row> readRows() {
        var names = new HashMap<Integer, String>();
        nodes.uplinks().forEach(uplink -> names.put(uplink.ifindex(), uplink.name()));
        pods.pods()
                .forEach(pod -> names.put(pod.device().ifindex(), pod.device().name()));
        var rows = new ArrayList<Row>();
        pods.targets()
                .forEach((address, target) -> rows.add(new Row(
                        address.getHostAddress(),
                        "pod",
                        names.getOrDefault(target.ifindex(), "ifindex " + target.ifindex()),
                        "",
                        !target.ingressChain())));
        nodes.nextHops()
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
    public void purge() {
        thread.run(() -> {
            purged = true;
            pods.stop();
            nodes.purge();
        });
    }
}
