// SPDX-License-Identifier: Apache-2.0
package io.podlane.hostrouting;

import io.podlane.api.bpf.BpfMap;
import io.podlane.api.bpf.MappedArray;
import java.net.Inet4Address;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The pods of this node as the programs know them. Knows what stands in the maps, at the start by reading them, and writes
 * only what differs. What packets may still look at is reused only after {@link #collect}. For one thread.
 */
final class PodRoutes {
    private final BpfMap<Inet4Address, Integer> indices;
    private final MappedArray pods;
    private final Map<Inet4Address, Integer> placed = new HashMap<>();
    private final BitSet taken = new BitSet();
    private final List<Integer> garbage = new ArrayList<>();

    PodRoutes(BpfMap<Inet4Address, Integer> indices, MappedArray pods) {
        this.indices = indices;
        this.pods = pods;
        var strays = new ArrayList<Inet4Address>();
        indices.forEach((address, index) -> {
            boolean known =
                    index >= 0 && index < pods.length() && !taken.get(index) && Layout.isPodAt(pods, index, address);
            if (known) {
                taken.set(index);
                placed.put(address, index);
            } else {
                strays.add(address);
            }
        });
        if (!strays.isEmpty()) {
            indices.removeAll(strays);
        }
    }

    /**
     * Makes the pods what they should be.
     *
     * @return the addresses that there was no room for; packets to them go through the node's stack
     */
    Set<Inet4Address> apply(Map<Inet4Address, PodTarget> wanted) {
        var gone = new HashSet<>(placed.keySet());
        gone.removeAll(wanted.keySet());
        if (!gone.isEmpty()) {
            indices.removeAll(gone);
            gone.forEach(this::discard);
        }
        var added = new LinkedHashMap<Inet4Address, Integer>();
        var refused = new HashSet<Inet4Address>();
        wanted.forEach((address, target) -> {
            Integer index = placed.get(address);
            if (index != null) {
                update(index, target);
                return;
            }
            int free = take();
            if (free < 0) {
                refused.add(address);
                return;
            }
            pods.write(free, 0, Layout.podAddress(address));
            pods.publishWord(free, Layout.POD_MAC, target.mac());
            pods.publishWord(free, Layout.POD_TARGET, target.word());
            added.put(address, free);
        });
        if (!added.isEmpty()) {
            placed.putAll(added);
            indices.putAll(added);
        }
        return refused;
    }

    private void update(int index, PodTarget target) {
        if (pods.getWord(index, Layout.POD_MAC) != target.mac()) {
            // Through the stack meanwhile, which knows the address by then: no frame gets the one's address on the
            // other's device.
            pods.publishWord(index, Layout.POD_TARGET, 0);
            pods.publishWord(index, Layout.POD_MAC, target.mac());
        }
        if (pods.getWord(index, Layout.POD_TARGET) != target.word()) {
            pods.publishWord(index, Layout.POD_TARGET, target.word());
        }
    }

    boolean isEmpty() {
        return placed.isEmpty();
    }

    /** What stands in the maps. */
    Map<Inet4Address, PodTarget> targets() {
        var targets = new HashMap<Inet4Address, PodTarget>();
        placed.forEach((address, index) -> targets.put(
                address, PodTarget.of(pods.getWord(index, Layout.POD_TARGET), pods.getWord(index, Layout.POD_MAC))));
        return targets;
    }

    Set<Integer> devicesWithIngressChain() {
        return targets().values().stream()
                .filter(PodTarget::ingressChain)
                .map(PodTarget::ifindex)
                .collect(Collectors.toSet());
    }

    private void discard(Inet4Address address) {
        int index = placed.remove(address);
        pods.publishWord(index, Layout.POD_TARGET, 0);
        garbage.add(index);
    }

    private int take() {
        int index = taken.nextClearBit(0);
        if (index >= pods.length() && collect()) {
            index = taken.nextClearBit(0);
        }
        if (index >= pods.length()) {
            return -1;
        }
        taken.set(index);
        return index;
    }

    /**
     * Makes what is no longer needed free for reuse; waits until no packet looks at it.
     *
     * @return whether there was anything
     */
    boolean collect() {
        if (garbage.isEmpty()) {
            return false;
        }
        pods.gracePeriod();
        garbage.forEach(taken::clear);
        garbage.clear();
        return true;
    }
}
