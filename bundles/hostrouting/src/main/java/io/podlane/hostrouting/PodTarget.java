// SPDX-License-Identifier: Apache-2.0
package io.podlane.hostrouting;

import io.podlane.api.device.PodLink;
import java.net.Inet4Address;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * Where packets for a pod go.
 *
 * @param ifindex the node's side of its device
 * @param mac the word with its hardware address
 * @param ingressChain whether programs wait at its ingress
 */
record PodTarget(int ifindex, long mac, boolean ingressChain) {
    long word() {
        return Layout.target(ifindex, ingressChain ? Layout.POD_INGRESS_CHAIN : 0);
    }

    /** As the two words say. */
    static PodTarget of(long word, long mac) {
        return new PodTarget((int) word, mac, (word >>> 32 & Layout.POD_INGRESS_CHAIN) != 0);
    }

    /** The pods' IPv4 addresses, and where each is. */
    static Map<Inet4Address, PodTarget> of(Collection<PodLink> pods, Set<Integer> ingressChains) {
        var targets = new HashMap<Inet4Address, PodTarget>();
        for (PodLink pod : pods) {
            int ifindex = pod.device().ifindex();
            var target = new PodTarget(ifindex, Layout.mac(pod.podMac()), ingressChains.contains(ifindex));
            for (var address : pod.spec().ips()) {
                if (address instanceof Inet4Address ipv4) {
                    targets.put(ipv4, target);
                }
            }
        }
        return targets;
    }
}
