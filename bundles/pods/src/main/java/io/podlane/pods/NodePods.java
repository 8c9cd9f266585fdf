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
import io.podlane.api.reconcile.OwnerThread;
import io.podlane.api.status.Problems;
import io.podlane.api.status.Purgeable;
import io.podlane.linux.netlink.NetlinkEvent;
import io.podlane.linux.netlink.NetlinkMonitor;
import io.podlane.linux.netlink.Rtnetlink;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Future;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceReference;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.metatype.annotations.Designate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The pods and uplinks of this node. It asks the providers for devices, hears from the kernel when one goes, and tells the
 * listeners. Stopping it changes no device.
 */
@Component(immediate = true, configurationPid = PodsConfig.PID)
@Designate(ocd = PodsConfig.class)
public final class NodePods implements PodLinks, Purgeable {
    private static final Logger LOG = LoggerFactory.getLogger(NodePods.class);
    /** A listener that has not returned by then hears of the devices later than it is registered. */
    private static final Duration FIRST_CALL = Duration.ofSeconds(2);

    /** While an agent starts, attaching programs for pods to come would only hold it up. */
    private static final Duration START = Duration.ofSeconds(2);
    /** While spares are made, additions wait; so these wait until none has come for that long. */
    private static final Duration PAUSE = Duration.ofMillis(50);

    private final OwnerThread owner =
            new OwnerThread("podlane-pods", failure -> LOG.error("thread=podlane-pods failed", failure));
    private final Whiteboard<DeviceListener, Device> devices = new Whiteboard<>(DeviceListener::devices);
    private final Whiteboard<PodListener, PodLink> pods = new Whiteboard<>(PodListener::pods);
    private final Problems problems;
    private final Providers providers;
    private final Uplinks uplinks;
    private final Rtnetlink rtnetlink;
    private final Spares spares;
    private final PodTable table;
    private final NetlinkMonitor monitor;
    private Future<?> nextRefill;
    private long quietAt = System.nanoTime();
    private boolean purged;

    @Activate
    public NodePods(BundleContext context, PodsConfig config) {
        this(NodeConfig.of(context), context, config.spares());
    }

    NodePods(NodeConfig node, BundleContext context, int keptSpares) {
        problems = new Problems(context);
        providers = new Providers(context);
        uplinks = new Uplinks(node.uplinks(), problems);
        rtnetlink = Rtnetlink.open();
        spares = new Spares(new WaitingRoom(rtnetlink.links()), problems);
        table = new PodTable(new PodStore(node.stateDir()), providers, spares, rtnetlink, problems);
        owner.later(() -> {
            spares.keep(keptSpares);
            refillAfter(START);
            table.load();
            uplinks.reconcile(rtnetlink.links()::find);
            publish();
        });
        monitor = NetlinkMonitor.start(
                "podlane-links", Set.of(NetlinkMonitor.Topic.LINKS), event -> owner.later(() -> changed(event)));
    }

    @Deactivate
    void deactivate() {
        monitor.close();
        owner.close();
        spares.close();
        rtnetlink.close();
        problems.close();
    }

    @Modified
    void configure(PodsConfig config) {
        owner.later(() -> {
            spares.keep(config.spares());
            refillAfter(PAUSE);
        });
    }

    /** Refills the spares once nothing has been heard from here for that long; never earlier than said before. */
    private void refillAfter(Duration quiet) {
        long now = System.nanoTime();
        if (now + quiet.toNanos() - quietAt > 0) {
            quietAt = now + quiet.toNanos();
        }
        if (nextRefill != null) {
            nextRefill.cancel(false);
        }
        nextRefill = owner.after(Duration.ofNanos(quietAt - now), this::refill);
    }

    private void refill() {
        if (!purged) {
            spares.refill(uplinks.mtu(), PAUSE).ifPresent(this::refillAfter);
            publish();
        }
    }

    private void changed(NetlinkEvent event) {
        if (purged) {
            return;
        }
        if (event instanceof NetlinkEvent.Resynchronise) {
            table.reconcile();
            spares.reconcile();
            refillAfter(PAUSE);
            uplinks.reconcile(rtnetlink.links()::find);
        } else if (event instanceof NetlinkEvent.LinkRemoved removed) {
            table.removed(removed.link().ifindex());
            if (spares.removed(removed.link().ifindex())) {
                refillAfter(PAUSE);
            }
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
        all.addAll(spares.devices());
        devices.publish(all);
        pods.publish(present);
    }

    @Override
    public PodLink add(PodSpec spec) {
        return owner.call(() -> {
            if (purged) {
                throw new IllegalStateException("this node is being purged");
            }
            try {
                PodLink link = table.add(spec, uplinks.mtu());
                publish();
                return link;
            } finally {
                refillAfter(PAUSE);
            }
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
    public void purge() {
        owner.run(() -> {
            purged = true;
            spares.removeAll();
            table.purge();
            publish();
        });
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void bindProvider(ServiceReference<PodLinkProvider> reference, PodLinkProvider provider) {
        providers.add(reference, provider);
        owner.later(() -> providerChanged(provider.kind()));
    }

    /** An update of the provider's bundle is this and then the above: the devices stay as they are throughout. */
    void unbindProvider(ServiceReference<PodLinkProvider> reference, PodLinkProvider provider) {
        providers.remove(reference);
        owner.later(() -> providerChanged(provider.kind()));
    }

    private void providerChanged(String kind) {
        table.providerChanged(kind);
        spares.madeBy(providers.best());
        refillAfter(PAUSE);
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
        if (!owner.run(() -> whiteboard.add(listener), FIRST_CALL)) {
            LOG.warn(
                    "listener={} is called later: busy for {}",
                    listener.getClass().getName(),
                    FIRST_CALL);
        }
    }

    /** At once, and once more in case its turn to be added has not come yet. */
    private <L> void unbind(Whiteboard<L, ?> whiteboard, L listener) {
        whiteboard.remove(listener);
        owner.later(() -> whiteboard.remove(listener));
    }
}
