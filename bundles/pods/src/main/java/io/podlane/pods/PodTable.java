// SPDX-License-Identifier: Apache-2.0
package io.podlane.pods;

import io.podlane.api.cluster.IpAddress;
import io.podlane.api.device.Device;
import io.podlane.api.device.PodLink;
import io.podlane.api.device.PodLinkProvider;
import io.podlane.api.device.PodSpec;
import io.podlane.api.kernel.KernelException;
import io.podlane.api.status.Problems;
import io.podlane.linux.netlink.Link;
import io.podlane.linux.netlink.Links;
import io.podlane.linux.netlink.Route;
import io.podlane.linux.netlink.Routes;
import io.podlane.linux.netlink.Rtnetlink;
import io.podlane.linux.netns.NetworkNamespace;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The pods of this node: what was asked for, kept in step with the devices that are there. For one thread. */
final class PodTable {
    private static final Logger LOG = LoggerFactory.getLogger(PodTable.class);

    /**
     * A pod.
     *
     * @param present false if its device is gone; the link then says what it was
     */
    private record Entry(PodLink link, boolean present) {
        String device() {
            return link.device().name();
        }
    }

    private final PodStore store;
    private final Providers providers;
    private final Spares spares;
    private final Links links;
    private final Routes routes;
    private final Problems problems;
    private final Map<String, Entry> pods = new TreeMap<>();

    PodTable(PodStore store, Providers providers, Spares spares, Rtnetlink node, Problems problems) {
        this.store = store;
        this.providers = providers;
        this.spares = spares;
        links = node.links();
        routes = node.routes();
        this.problems = problems;
    }

    /** Takes over what an earlier run left. */
    void load() {
        for (PodLink saved : store.load((file, why) -> problems.report(
                file.toString(), "cannot read the pod in " + file + ": " + why + "; its device is left as it is"))) {
            pods.put(saved.spec().name(), new Entry(saved, false));
        }
        reconcile();
        if (!pods.isEmpty()) {
            LOG.info("pods={} taken over", pods.size());
        }
    }

    /** Compares every pod with the devices that are there. */
    void reconcile() {
        Map<String, Link> there = links.list().stream().collect(Collectors.toMap(Link::name, link -> link));
        for (Entry entry : List.copyOf(pods.values())) {
            reconcile(entry, Optional.ofNullable(there.get(entry.device())));
        }
    }

    /** A device is gone. */
    void removed(int ifindex) {
        for (Entry entry : List.copyOf(pods.values())) {
            if (entry.present() && entry.link().device().ifindex() == ifindex) {
                reconcile(entry, links.find(entry.device()));
            }
        }
    }

    private void reconcile(Entry entry, Optional<Link> link) {
        PodLink known = entry.link();
        boolean same = link.isPresent() && isSame(known.device(), link.get());
        if (entry.present() && same && known.managed()) {
            return;
        }
        Optional<PodLink> adopted = link.isPresent() ? adopt(known, same) : Optional.empty();
        if (adopted.isPresent()) {
            put(adopted.get());
        } else if (same && providers.of(known.device().kind()).isEmpty()) {
            put(managed(known, false));
        } else {
            putAbsent(known, link.isPresent());
        }
    }

    /** As far as can be told without the provider: an index goes to another device only after all others had a turn. */
    private static boolean isSame(Device device, Link link) {
        return link.ifindex() == device.ifindex() && link.kind().equals(device.kind());
    }

    private Optional<PodLink> adopt(PodLink known, boolean same) {
        String device = known.device().name();
        try {
            return providers.of(known.device().kind()).flatMap(provider -> provider.adopt(known.spec(), device));
        } catch (KernelException e) {
            LOG.warn("pod={} device={} not verified: {}", known.spec().name(), device, e.getMessage());
            // The path of a namespace may go before it does, as /proc/PID/ns/net does with that process.
            return same ? Optional.of(managed(known, true)) : Optional.empty();
        }
    }

    private void put(PodLink link) {
        pods.put(link.spec().name(), new Entry(link, true));
        problems.clear(subject(link.spec().name()));
    }

    private void putAbsent(PodLink link, boolean taken) {
        String name = link.spec().name();
        String device = link.device().name();
        Entry before = pods.put(name, new Entry(link, false));
        problems.report(
                subject(name),
                "the device " + device + " of pod " + name
                        + (taken
                                ? " is not that pod's any more, but another of that name"
                                : " is gone, as it goes with the network namespace "
                                        + link.spec().netns())
                        + "; pod:remove " + name + ", or add the pod again");
        if (before != null && before.present()) {
            LOG.warn("pod={} device={} is gone", name, device);
        }
    }

    private static String subject(String pod) {
        return "pod " + pod;
    }

    /** A provider came or went: its devices become managed, or stay as they are without it. */
    void providerChanged(String kind) {
        for (Entry entry : List.copyOf(pods.values())) {
            if (!entry.link().device().kind().equals(kind)) {
                continue;
            }
            if (providers.of(kind).isPresent()) {
                var unverified = new Entry(managed(entry.link(), false), entry.present());
                reconcile(unverified, links.find(entry.device()));
            } else if (entry.present()) {
                put(managed(entry.link(), false));
            }
        }
    }

    PodLink add(PodSpec spec, int mtu) {
        Entry known = pods.get(spec.name());
        if (known != null) {
            if (!known.link().spec().equals(spec)) {
                throw new IllegalArgumentException("pod " + spec.name() + " is there already, as "
                        + describe(known.link().spec()) + "; remove it first to change it");
            }
            if (known.present()) {
                return known.link();
            }
        }
        check(spec);
        PodLinkProvider provider = providers.choose(spec.kind());
        String device = DeviceName.of(spec.name());
        clearWay(spec, device, provider);
        PodLink link = managed(spares.connect(provider, spec, device, mtu), true);
        save(link, provider);
        put(link);
        LOG.info("pod={} device={} kind={} added", spec.name(), device, provider.kind());
        return link;
    }

    private void check(PodSpec spec) {
        String name = spec.name();
        if (name.isBlank() || name.chars().anyMatch(Character::isISOControl)) {
            throw new IllegalArgumentException("'" + name + "' is no name for a pod: it is "
                    + (name.isBlank() ? "empty" : "not one line of text"));
        }
        if (spec.ips().isEmpty()) {
            throw new IllegalArgumentException("pod " + name + " has no address");
        }
        if (new HashSet<>(spec.ips()).size() < spec.ips().size()) {
            throw new IllegalArgumentException("pod " + name + " names an address twice");
        }
        checkAddresses(spec);
        for (Entry other : pods.values()) {
            if (other.link().spec().name().equals(name)) {
                continue;
            }
            if (other.link().spec().netns().equals(spec.netns())) {
                throw new IllegalArgumentException("the network namespace " + spec.netns() + " of pod " + name
                        + " is pod " + other.link().spec().name() + "'s already");
            }
            for (InetAddress ip : spec.ips()) {
                if (other.link().spec().ips().contains(ip)) {
                    throw new IllegalArgumentException("the address " + ip.getHostAddress() + " of pod " + name
                            + " is pod " + other.link().spec().name() + "'s already");
                }
            }
        }
        try (var namespace = NetworkNamespace.open(Path.of(spec.netns()))) {
            if (isOwn(namespace)) {
                throw new IllegalArgumentException("the network namespace " + spec.netns() + " of pod " + name
                        + " is the node's own; a pod that shares it needs no device");
            }
        } catch (KernelException e) {
            throw new IllegalArgumentException(
                    "pod " + name + " has no network namespace at " + spec.netns() + ": "
                            + e.detail().orElse(e.errno().name()),
                    e);
        }
    }

    /** A pod's address leads every packet for it into that pod, so what others need must not become one. */
    private void checkAddresses(PodSpec spec) {
        List<Route> local = routes.list(Route.LOCAL);
        List<Route> main = routes.list(Route.MAIN);
        for (InetAddress ip : spec.ips()) {
            String which = "the address " + ip.getHostAddress() + " of pod " + spec.name();
            if (!IpAddress.isUnicast(ip)) {
                throw new IllegalArgumentException(which + " is none that a pod can have");
            }
            if (local.stream()
                    .anyMatch(route -> route.destination().equals(Route.to(ip).destination()))) {
                throw new IllegalArgumentException(
                        which + " is the node's own, or a broadcast address of its networks");
            }
            if (main.stream().anyMatch(route -> route.gateway().equals(Optional.of(ip)))) {
                throw new IllegalArgumentException(
                        which + " is that of a gateway, over which this node reaches others");
            }
        }
    }

    private static boolean isOwn(NetworkNamespace namespace) {
        try (var own = NetworkNamespace.current()) {
            return own.isSameAs(namespace);
        }
    }

    /** A device of that name is a leftover of this pod, made just before a crash, or someone else's. */
    private void clearWay(PodSpec spec, String device, PodLinkProvider provider) {
        if (links.find(device).isEmpty()) {
            return;
        }
        PodLink leftover = provider.adopt(spec, device)
                .orElseThrow(() -> new IllegalArgumentException("the device " + device + " that pod " + spec.name()
                        + " should get is there already and not this pod's; remove it, or name the pod otherwise"));
        provider.remove(leftover);
    }

    private void save(PodLink link, PodLinkProvider provider) {
        Path file = store.file(link.device().name());
        try {
            store.save(link);
            problems.clear(file.getParent().toString());
            problems.clear(file.toString());
        } catch (IOException e) {
            provider.remove(link);
            String message = "cannot save pod " + link.spec().name() + " in " + file + ": " + reason(e);
            problems.report(file.getParent().toString(), message);
            throw new UncheckedIOException(message + "; its device was removed again", e);
        }
    }

    private static String reason(IOException e) {
        return e instanceof java.nio.file.FileSystemException f && f.getReason() != null
                ? f.getReason()
                : String.valueOf(e.getMessage());
    }

    boolean remove(String name) {
        Entry entry = pods.get(name);
        if (entry == null) {
            return false;
        }
        removeDevice(entry);
        pods.remove(name);
        problems.clear(subject(name));
        Path file = store.file(entry.device());
        try {
            store.delete(entry.device());
        } catch (IOException e) {
            problems.report(
                    file.toString(), "cannot delete " + file + " of pod " + name + ", which is removed: " + reason(e));
        }
        LOG.info("pod={} device={} removed", name, entry.device());
        return true;
    }

    private void removeDevice(Entry entry) {
        if (!entry.present()) {
            return;
        }
        Optional<PodLinkProvider> provider = providers.of(entry.link().device().kind());
        if (provider.isPresent()) {
            provider.get().remove(entry.link());
        } else {
            links.find(entry.device())
                    .filter(link -> isSame(entry.link().device(), link))
                    .ifPresent(link -> links.delete(link.ifindex()));
        }
    }

    /** Removes all pods, and what remembers them. */
    void purge() {
        RuntimeException failure = null;
        for (String name : List.copyOf(pods.keySet())) {
            try {
                remove(name);
            } catch (KernelException e) {
                failure = failure == null ? e : failure;
            }
        }
        if (failure != null) {
            throw failure;
        }
        try {
            store.deleteAll();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot delete what remembers the pods: " + reason(e), e);
        }
        problems.close();
    }

    List<PodLink> all() {
        return pods.values().stream().map(Entry::link).toList();
    }

    /** Those whose device is there. */
    List<PodLink> present() {
        return pods.values().stream().filter(Entry::present).map(Entry::link).toList();
    }

    private static PodLink managed(PodLink link, boolean managed) {
        return link.managed() == managed
                ? link
                : new PodLink(link.spec(), link.device(), link.mode(), link.podMac(), link.hostMac(), managed);
    }

    private static String describe(PodSpec spec) {
        return spec.ips().stream().map(InetAddress::getHostAddress).collect(Collectors.joining(",")) + " in "
                + spec.netns() + spec.kind().map(kind -> " of kind " + kind).orElse("")
                + (spec.labels().isEmpty() ? "" : " with labels " + new TreeMap<>(spec.labels()));
    }
}
