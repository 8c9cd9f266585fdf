// SPDX-License-Identifier: Apache-2.0
package io.podlane.tcx;

import io.podlane.api.attach.AttachPoint;
import io.podlane.api.attach.AttachPoint.Cgroup;
import io.podlane.api.attach.AttachPoint.Netkit;
import io.podlane.api.attach.AttachPoint.Tcx;
import io.podlane.api.attach.AttachPoint.Xdp;
import io.podlane.linux.bpf.BpfLinks;
import io.podlane.linux.bpf.Pins;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/**
 * The place of an attachment's pin, {@code <owner>/<netns cookie>_<ifindex>/<hook>_<name>} below the folder of links, which
 * tells all of an attachment but its phase.
 *
 * @param cookie of the node's network namespace
 * @param target the device's index, or {@code cg} and the cgroup's id
 * @param hook such as {@code tcx-ingress}
 */
record LinkPin(String owner, long cookie, String target, String hook, String name) {
    private static final String CGROUP = "cg";

    static LinkPin of(String owner, long cookie, AttachPoint point, String name) {
        String target = point instanceof Cgroup cgroup
                ? CGROUP + BpfLinks.cgroupId(cgroup)
                : String.valueOf(point instanceof Xdp xdp ? xdp.ifindex() : ((AttachPoint.Ordered) point).ifindex());
        return new LinkPin(owner, cookie, target, point.describe().replace('/', '-'), name);
    }

    /**
     * Reads a path below the folder of links.
     *
     * @throws IllegalArgumentException if no pin of ours is called so
     */
    static LinkPin parse(Path relative) {
        if (relative.getNameCount() != 3) {
            throw new IllegalArgumentException(relative + " is no link pin's path");
        }
        String[] device = relative.getName(1).toString().split("_", 2);
        String[] hook = relative.getName(2).toString().split("_", 2);
        if (device.length < 2 || hook.length < 2) {
            throw new IllegalArgumentException(relative + " is no link pin's path");
        }
        return new LinkPin(
                Pins.unescape(relative.getName(0).toString()),
                Long.parseUnsignedLong(device[0]),
                device[1],
                hook[0],
                Pins.unescape(hook[1]));
    }

    Path relative() {
        return Path.of(
                Pins.escape(owner), Long.toUnsignedString(cookie) + "_" + target, hook + "_" + Pins.escape(name));
    }

    /**
     * The point it is at.
     *
     * @param cgroup the folder, for a point in a cgroup
     * @return empty if that cannot be told
     */
    Optional<AttachPoint> point(Optional<Path> cgroup) {
        int dash = hook.indexOf('-');
        String kind = hook.substring(0, Math.max(0, dash));
        String which = hook.substring(dash + 1).toUpperCase(Locale.ROOT);
        try {
            return switch (kind) {
                case "tcx" -> Optional.of(new Tcx(Integer.parseInt(target), Tcx.Direction.valueOf(which)));
                case "netkit" -> Optional.of(new Netkit(Integer.parseInt(target), Netkit.Side.valueOf(which)));
                case "xdp" -> Optional.of(new Xdp(Integer.parseInt(target), Xdp.Mode.valueOf(which)));
                case "cgroup" -> cgroup.map(folder -> new Cgroup(folder, Cgroup.Type.valueOf(which)));
                default -> Optional.empty();
            };
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
