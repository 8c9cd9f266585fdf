// SPDX-License-Identifier: Apache-2.0
package io.podlane.linux.bpf;

import io.podlane.api.attach.AttachPoint;
import io.podlane.api.attach.AttachPoint.Cgroup;
import io.podlane.api.attach.AttachPoint.Netkit;
import io.podlane.api.attach.AttachPoint.Tcx;
import io.podlane.api.attach.AttachPoint.Xdp;
import io.podlane.api.kernel.Errno;
import io.podlane.api.kernel.KernelException;
import io.podlane.linux.bpf.BpfLinks.Place;
import io.podlane.linux.ffi.Libc;
import io.podlane.linux.ffi.Native;
import java.nio.ByteBuffer;

/** How bpf(2) calls attach points and places. */
final class LinkAttributes {
    private static final int F_BEFORE = 1 << 3;
    private static final int F_AFTER = 1 << 4;
    private static final int F_ID = 1 << 5;
    private static final int F_LINK = 1 << 13;
    private static final int XDP_FLAGS_SKB_MODE = 1 << 1;
    private static final int XDP_FLAGS_DRV_MODE = 1 << 2;
    private static final int O_RDONLY_CLOEXEC = 0x80000;

    private LinkAttributes() {}

    /** Fills in the target; a cgroup's is a descriptor to be closed afterwards. */
    static Fd target(AttachPoint point, ByteBuffer attr, int offset) {
        if (!(point instanceof Cgroup cgroup)) {
            attr.putInt(offset, ifindex(point));
            return null;
        }
        int fd = Libc.open(cgroup.folder().toString(), O_RDONLY_CLOEXEC);
        if (fd < 0) {
            throw new KernelException("open cgroup", cgroup.folder().toString(), new Errno(Native.errno()));
        }
        attr.putInt(offset, fd);
        return new Fd(fd, "cgroup " + cgroup.folder());
    }

    static int ifindex(AttachPoint point) {
        return point instanceof Xdp xdp ? xdp.ifindex() : ((AttachPoint.Ordered) point).ifindex();
    }

    /** How errors call a point. */
    static String subject(AttachPoint point) {
        return point instanceof Cgroup cgroup
                ? cgroup.folder() + " " + cgroup.describe()
                : "ifindex " + ifindex(point) + " " + point.describe();
    }

    static int flags(AttachPoint point, Place place) {
        if (point instanceof Xdp xdp) {
            return xdp.mode() == Xdp.Mode.NATIVE ? XDP_FLAGS_DRV_MODE : XDP_FLAGS_SKB_MODE;
        }
        if (point instanceof Cgroup) {
            return 0;
        }
        if (place instanceof Place.First) {
            return F_BEFORE;
        } else if (place instanceof Place.BeforeLink) {
            return F_BEFORE | F_LINK | F_ID;
        } else if (place instanceof Place.AfterLink) {
            return F_AFTER | F_LINK | F_ID;
        } else if (place instanceof Place.BeforeProgram) {
            return F_BEFORE | F_ID;
        } else if (place instanceof Place.AfterProgram) {
            return F_AFTER | F_ID;
        }
        return F_AFTER;
    }

    static int relativeId(Place place) {
        if (place instanceof Place.BeforeLink before) {
            return before.id();
        } else if (place instanceof Place.AfterLink after) {
            return after.id();
        } else if (place instanceof Place.BeforeProgram before) {
            return before.id();
        } else if (place instanceof Place.AfterProgram after) {
            return after.id();
        }
        return 0;
    }

    /** enum bpf_attach_type of include/uapi/linux/bpf.h. */
    static int attachType(AttachPoint point) {
        if (point instanceof Tcx tcx) {
            return tcx.direction() == Tcx.Direction.INGRESS ? 46 : 47;
        } else if (point instanceof Netkit netkit) {
            return netkit.side() == Netkit.Side.PRIMARY ? 54 : 55;
        } else if (point instanceof Xdp) {
            return 37;
        }
        return switch (((Cgroup) point).type()) {
            case CONNECT4 -> 10;
            case CONNECT6 -> 11;
            case SENDMSG4 -> 14;
            case SENDMSG6 -> 15;
            case RECVMSG4 -> 19;
            case RECVMSG6 -> 20;
            case GETPEERNAME4 -> 29;
            case GETPEERNAME6 -> 30;
        };
    }
}
