// SPDX-License-Identifier: Apache-2.0
package io.podlane.pods;

import io.podlane.api.attach.AttachPoint;
import io.podlane.api.attach.Hook;
import io.podlane.api.device.Device;
import io.podlane.api.status.Problems;
import io.podlane.linux.netlink.Link;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The devices that lead to other nodes, by the names that the node's configuration gives. For one thread. */
final class Uplinks {
    private static final Logger LOG = LoggerFactory.getLogger(Uplinks.class);
    private static final int DEFAULT_MTU = 1500;

    private final List<String> names;
    private final Problems problems;
    private final Map<String, Link> present = new TreeMap<>();

    Uplinks(List<String> names, Problems problems) {
        this.names = List.copyOf(names);
        this.problems = problems;
    }

    /** Whether a change of this device may concern an uplink. */
    boolean concerns(Link link) {
        return names.contains(link.name())
                || present.values().stream().anyMatch(uplink -> uplink.ifindex() == link.ifindex());
    }

    /** Looks anew what is there. */
    void reconcile(Function<String, Optional<Link>> find) {
        for (String name : names) {
            Optional<Link> now = find.apply(name);
            Link before = now.isPresent() ? present.put(name, now.get()) : present.remove(name);
            if (now.isEmpty()) {
                problems.report("uplink " + name, "uplink " + name + " is not there");
            } else if (before == null || before.ifindex() != now.get().ifindex()) {
                problems.clear("uplink " + name);
                LOG.info("uplink={} ifindex={}", name, now.get().ifindex());
            }
            if (now.isEmpty() && before != null) {
                LOG.warn("uplink={} is not there any more", name);
            }
        }
    }

    List<Device> devices() {
        return present.values().stream().map(Uplinks::device).toList();
    }

    private static Device device(Link link) {
        int ifindex = link.ifindex();
        return new Device(
                link.name(),
                ifindex,
                Device.Role.UPLINK,
                link.kind().isEmpty() ? "physical" : link.kind(),
                Map.of(
                        Hook.UPLINK_INGRESS, new AttachPoint.Tcx(ifindex, AttachPoint.Tcx.Direction.INGRESS),
                        Hook.UPLINK_EGRESS, new AttachPoint.Tcx(ifindex, AttachPoint.Tcx.Direction.EGRESS),
                        Hook.XDP, new AttachPoint.Xdp(ifindex, AttachPoint.Xdp.Mode.NATIVE)),
                Set.of());
    }

    /** The largest packet that every uplink carries, in bytes. */
    int mtu() {
        return present.values().stream().mapToInt(Link::mtu).min().orElse(DEFAULT_MTU);
    }
}
