// SPDX-License-Identifier: Apache-2.0
package io.podlane.linux.bpf;

import io.podlane.api.attach.AttachPoint;
import java.nio.ByteBuffer;

/**
 * What the kernel tells of a link.
 *
 * @param id never given to another link while the machine runs
 * @param type what it is attached to
 * @param programId of the program that it holds now
 * @param target the device's index as its own namespace counts, or the cgroup's id; 0 once that is gone
 * @param attachType BPF_TCX_INGRESS and so on; 0 for XDP
 */
public record LinkInfo(int id, Type type, int programId, long target, int attachType) {
    /** What a link is attached to. */
    public enum Type {
        TCX,
        NETKIT,
        XDP,
        CGROUP,
        OTHER
    }

    /** struct bpf_link_info of include/uapi/linux/bpf.h. */
    static LinkInfo of(ByteBuffer info) {
        Type type =
                switch (info.getInt(0)) {
                    case 3 -> Type.CGROUP;
                    case 6 -> Type.XDP;
                    case 11 -> Type.TCX;
                    case 13 -> Type.NETKIT;
                    default -> Type.OTHER;
                };
        long target = type == Type.CGROUP ? info.getLong(16) : Integer.toUnsignedLong(info.getInt(16));
        int attachType =
                switch (type) {
                    case CGROUP -> info.getInt(24);
                    case TCX, NETKIT -> info.getInt(20);
                    case XDP, OTHER -> 0;
                };
        return new LinkInfo(info.getInt(4), type, info.getInt(8), target, attachType);
    }

    /** Whether the device or cgroup is gone, and the link holds its program for nothing. */
    public boolean gone() {
        return target == 0;
    }

    /** Whether it is of the kind that is attached to such a point. */
    boolean fits(AttachPoint point) {
        if (point instanceof AttachPoint.Xdp) {
            return type == Type.XDP;
        }
        Type expected = point instanceof AttachPoint.Tcx
                ? Type.TCX
                : point instanceof AttachPoint.Netkit ? Type.NETKIT : Type.CGROUP;
        return type == expected && attachType == LinkAttributes.attachType(point);
    }
}
