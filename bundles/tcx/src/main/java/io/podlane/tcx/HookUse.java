// SPDX-License-Identifier: Apache-2.0
package io.podlane.tcx;

import io.podlane.api.attach.Hook;
import io.podlane.api.attach.HookUseListener;
import io.podlane.api.device.Device;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells at which hooks programs run. For the owner thread only. */
final class HookUse {
    private static final Logger LOG = LoggerFactory.getLogger(HookUse.class);

    private final List<HookUseListener> listeners = new ArrayList<>();
    private Map<Hook, Set<Integer>> last = Map.of();

    void add(HookUseListener listener) {
        listeners.add(listener);
        tell(listener);
    }

    void remove(HookUseListener listener) {
        listeners.remove(listener);
    }

    void publish(Collection<Lease> leases, Map<Integer, Device> devices) {
        Map<Hook, Set<Integer>> now = inUse(leases, devices);
        if (!now.equals(last)) {
            last = now;
            listeners.forEach(this::tell);
        }
    }

    /** The devices at each hook, tails left out. */
    static Map<Hook, Set<Integer>> inUse(Collection<Lease> leases, Map<Integer, Device> devices) {
        var points = leases.stream()
                .filter(lease -> !Leases.isTail(lease))
                .map(Lease::point)
                .collect(java.util.stream.Collectors.toSet());
        var use = new EnumMap<Hook, Set<Integer>>(Hook.class);
        devices.values().forEach(device -> device.hooks().forEach((hook, point) -> {
            if (points.contains(point)) {
                use.computeIfAbsent(hook, h -> new TreeSet<>()).add(device.ifindex());
            }
        }));
        use.replaceAll((hook, ifindexes) -> Set.copyOf(ifindexes));
        return Map.copyOf(use);
    }

    private void tell(HookUseListener listener) {
        try {
            listener.hookUse(last);
        } catch (RuntimeException e) {
            LOG.error("listener={} failed", listener.getClass().getName(), e);
        }
    }
}
