// SPDX-License-Identifier: Apache-2.0
package io.podlane.pods;

import io.podlane.api.device.Device;
import io.podlane.api.device.DeviceListener;
import io.podlane.api.device.PodLink;
import io.podlane.api.device.PodLinkProvider;
import io.podlane.api.device.PodLinks;
import io.podlane.api.device.PodListener;
import io.podlane.api.device.PodSpec;
import io.podlane.api.node.NodeConfig;
import io.podlane.api.status.Problems;
import io.podlane.api.status.Purgeable;
import io.podlane.linux.netlink.NetlinkEvent;
import io.podlane.linux.netlink.NetlinkMonitor;
import io.podlane.linux.netlink.Rtnetlink;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceReference;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;

/**
 * The pods and uplinks of this node. It asks the providers for devices, hears from the kernel when one goes, and tells the
 * listeners. Stopping it changes no device.
 */
@Component(immediate = true)
public final class NodePods implements PodLinks, Purgeable {
    /** A listener that has not returned by then hears of the devices later than it is registered. */
    private static final Duration FIRST_CALL = Duration.ofSeconds(2);

    private final OwnerThread owner = new OwnerThread("podlane-pods");
    private final Whiteboard<DeviceListener, Device> devices = new Whiteboard<>(DeviceListener::devices);
    private final Whiteboard<PodListener, PodLink> pods = new Whiteboard<>(PodListener::pods);
    private final Problems problems;
    private final Providers providers;
    private final Uplinks uplinks;
    private final Rtnetlink rtnetlink;
    private final PodTable table;
    private final NetlinkMonitor monitor;
    private boolean purged;

    @Activate
    public NodePods(BundleContext context) {
        this(NodeConfig.of(context), context);
    }

    NodePods(NodeConfig node, BundleContext context) {
        problems = new Problems(context);
        providers = new Providers(context);
        uplinks = new Uplinks(node.uplinks(), problems);
        rtnetlink = Rtnetlink.open();
        table = new PodTable(new PodStore(node.stateDir()), providers, rtnetlink.links(), problems);
        owner.execute(() -> {
            table.load();
            uplinks.reconcile(rtnetlink.links()::find);
            publish();
        });
        monitor = NetlinkMonitor.start(
                "podlane-links", Set.of(NetlinkMonitor.Topic.LINKS), event -> owner.execute(() -> changed(event)));
    }

    @Deactivate
    void deactivate() {
        monitor.close();
        owner.close();
        rtnetlink.close();
        problems.close();
    }

    private void changed(NetlinkEvent event) {
        if (purged) {
            return;
        }
        if (event instanceof NetlinkEvent.Resynchronise) {
            table.reconcile();
            uplinks.reconcile(rtnetlink.links()::find);
        } else if (event instanceof NetlinkEvent.LinkRemoved removed) {
            table.removed(removed.link().ifindex());
            if (uplinks.concerns(removed.link())) {
                uplinks.reconcile(rtnetlink.links()::find);
            }
        } else if (event instanceof NetlinkEvent.LinkChanged changed && uplinks.concerns(changed.link())) {
            uplinks.reconcile(rtnetlink.links()::find);
        }
        publish();
    }

    /** Programs are attached before anyone sends packets to a pod. */
    private void publish() {
        List<PodLink> present = table.present();
        var all = new ArrayList<>(uplinks.devices());
        present.forEach(pod -> all.add(pod.device()));
        devices.publish(all);
        pods.publish(present);
    }

    @Override
    public PodLink add(PodSpec spec) {
        return owner.call(() -> {
            if (purged) {
                throw new IllegalStateException("this node is being purged");
            }
            PodLink link = table.add(spec, uplinks.mtu());
            publish();
            return link;
        });
    }

    @Override
    public boolean remove(String name) {
        return owner.call(() -> {
            boolean removed = table.remove(name);
            publish();
            return removed;
        });
    }

    @Override
    public List<PodLink> list() {
        return owner.call(table::all);
    }

    @Override
    public int order() {
        return Purgeable.DEVICES;
    }

    @Override
    public void purge() throws Exception {
        owner.call(() -> {
            purged = true;
            table.purge();
            publish();
            return null;
        });
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void bindProvider(ServiceReference<PodLinkProvider> reference, PodLinkProvider provider) {
        providers.add(reference, provider);
        owner.execute(() -> providerChanged(provider.kind()));
    }

    /** An update of the provider's bundle is this and then the above: the devices stay as they are throughout. */
    void unbindProvider(ServiceReference<PodLinkProvider> reference, PodLinkProvider provider) {
        providers.remove(reference);
        owner.execute(() -> providerChanged(provider.kind()));
    }

    private void providerChanged(String kind) {
        table.providerChanged(kind);
        publish();
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void bindDeviceListener(DeviceListener listener) {
        bind(devices, listener);
    }

    void unbindDeviceListener(DeviceListener listener) {
        unbind(devices, listener);
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void bindPodListener(PodListener listener) {
        bind(pods, listener);
    }

    void unbindPodListener(PodListener listener) {
        unbind(pods, listener);
    }

    private <L> void bind(Whiteboard<L, ?> whiteboard, L listener) {
        owner.call(
                () -> {
                    whiteboard.add(listener);
                    return null;
                },
                FIRST_CALL);
    }

    /** At once, and once more in case its turn to be added has not come yet. */
    private <L> void unbind(Whiteboard<L, ?> whiteboard, L listener) {
        whiteboard.remove(listener);
        owner.execute(() -> whiteboard.remove(listener));
    }
}
