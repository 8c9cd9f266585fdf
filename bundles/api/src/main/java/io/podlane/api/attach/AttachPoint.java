// SPDX-License-Identifier: Apache-2.0
package io.podlane.api.attach;

import java.nio.file.Path;

/** A place in the kernel that holds programs. Most callers name a {@link Hook} of a device instead. */
public sealed interface AttachPoint {
    /** A short name for lists and errors, such as {@code tcx/ingress}. */
    String describe();

    /** A multi-program list on a network device: ordered, with a revision. */
    sealed interface Ordered extends AttachPoint {
        /** The device, by its index in this node's network namespace. */
        int ifindex();
    }

    /** The traffic-control fast path of a device (Linux 6.6). */
    record Tcx(int ifindex, Direction direction) implements Ordered {
        /** Which way packets go, seen from the device. */
        public enum Direction {
            INGRESS,
            EGRESS
        }

        @Override
        public String describe() {
            return "tcx/" + direction.name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    /**
     * One side of a netkit pair (Linux 6.7). Both sides are managed through the primary device.
     *
     * @param ifindex the primary device
     * @param side which device of the pair transmits the packets
     */
    record Netkit(int ifindex, Side side) implements Ordered {
        /** Whose transmissions are meant. */
        public enum Side {
            PRIMARY,
            PEER
        }

        @Override
        public String describe() {
            return "netkit/" + side.name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    /** A device's XDP hook: one program. */
    record Xdp(int ifindex, Mode mode) implements AttachPoint {
        /** Where it runs. */
        public enum Mode {
            NATIVE,
            GENERIC
        }

        @Override
        public String describe() {
            return "xdp/" + mode.name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    /**
     * A hook on the sockets of a cgroup.
     *
     * @param folder the cgroup v2 folder
     * @param type which hook
     */
    record Cgroup(Path folder, Type type) implements AttachPoint {
        /** The socket hooks in use. */
        public enum Type {
            CONNECT4,
            CONNECT6,
            SENDMSG4,
            SENDMSG6,
            RECVMSG4,
            RECVMSG6,
            GETPEERNAME4,
            GETPEERNAME6
        }

        @Override
        public String describe() {
            return "cgroup/" + type.name().toLowerCase(java.util.Locale.ROOT);
        }
    }
}
