// SPDX-License-Identifier: Apache-2.0
package io.podlane.servicetable;

import io.podlane.api.bpf.BpfMap;
import java.net.Inet4Address;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** The addresses at which there are frontends, by which programs tell soon that a packet is for none. For one thread. */
final class FrontendAddresses {
    private final BpfMap<Inet4Address, Integer> map;
    private final Map<Inet4Address, Integer> frontendsAt = new HashMap<>();

    /** Makes the map what the frontends say. */
    FrontendAddresses(BpfMap<Inet4Address, Integer> map, Collection<Frontend> frontends) {
        this.map = map;
        frontends.forEach(frontend -> frontendsAt.merge(frontend.address(), 1, Integer::sum));
        var stale = new HashSet<Inet4Address>();
        var missing = new HashSet<>(frontendsAt.keySet());
        map.forEach((address, one) -> {
            if (!missing.remove(address)) {
                stale.add(address);
            }
        });
        put(missing);
        remove(stale);
    }

    void added(Collection<Frontend> frontends) {
        var first = new HashSet<Inet4Address>();
        for (Frontend frontend : frontends) {
            if (frontendsAt.merge(frontend.address(), 1, Integer::sum) == 1) {
                first.add(frontend.address());
            }
        }
        put(first);
    }

    void removed(Collection<Frontend> frontends) {
        var last = new HashSet<Inet4Address>();
        for (Frontend frontend : frontends) {
            if (frontendsAt.merge(frontend.address(), -1, (a, b) -> a + b == 0 ? null : a + b) == null) {
                last.add(frontend.address());
            }
        }
        remove(last);
    }

    private void put(Set<Inet4Address> addresses) {
        if (!addresses.isEmpty()) {
            var ones = new HashMap<Inet4Address, Integer>();
            addresses.forEach(address -> ones.put(address, 1));
            map.putAll(ones);
        }
    }

    private void remove(Set<Inet4Address> addresses) {
        if (!addresses.isEmpty()) {
            map.removeAll(addresses);
        }
    }
}
