// SPDX-License-Identifier: Apache-2.0
package io.podlane.api.device;

import io.podlane.api.attach.AttachPoint;
import io.podlane.api.attach.Hook;
import java.util.Map;
import java.util.Objects;

/**
 * A network device of this node that carries packets in or out of pods or the node.
 *
 * @param name its name in the node's network namespace, unescaped
 * @param ifindex its index there; the kernel gives an index to another device later, so identity is name, index and cookie
 * @param role what it is for
 * @param kind what it is: {@code netkit}, {@code veth}, {@code ipvlan}; for an uplink the kernel's kind or {@code physical}
 * @param hooks where the hooks are on it; a hook that it lacks is not in the map
 * @param tailed hooks whose chain of programs must not end undecided, so that the attach service keeps a tail there
 */
public record Device(
        String name, int ifindex, Role role, String kind, Map<Hook, AttachPoint> hooks, java.util.Set<Hook> tailed) {
    /** What a device is for. */
    public enum Role {
        /** A pod's, or one that waits for a pod: programs are attached before it gets one. */
        POD,
        UPLINK
    }

    public Device {
        Objects.requireNonNull(name);
        Objects.requireNonNull(role);
        Objects.requireNonNull(kind);
        hooks = Map.copyOf(hooks);
        tailed = java.util.Set.copyOf(tailed);
    }
}
