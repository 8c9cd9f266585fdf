// SPDX-License-Identifier: Apache-2.0
package io.podlane.api.kernel;

/**
 * A Linux error number (include/uapi/asm-generic/errno-base.h and errno.h; the same on x86-64 and arm64).
 *
 * @param number the positive error number
 */
public record Errno(int number) {
    public static final Errno EPERM = new Errno(1);
    public static final Errno ENOENT = new Errno(2);
    public static final Errno ESRCH = new Errno(3);
    public static final Errno EIO = new Errno(5);
    public static final Errno ENXIO = new Errno(6);
    public static final Errno E2BIG = new Errno(7);
    public static final Errno EBADF = new Errno(9);
    public static final Errno EAGAIN = new Errno(11);
    public static final Errno ENOMEM = new Errno(12);
    public static final Errno EACCES = new Errno(13);
    public static final Errno EBUSY = new Errno(16);
    public static final Errno EEXIST = new Errno(17);
    public static final Errno ENODEV = new Errno(19);
    public static final Errno EINVAL = new Errno(22);
    public static final Errno ENOSPC = new Errno(28);
    public static final Errno ERANGE = new Errno(34);
    public static final Errno ENOLINK = new Errno(67);
    public static final Errno EOPNOTSUPP = new Errno(95);
    public static final Errno ENETUNREACH = new Errno(101);
    public static final Errno ESTALE = new Errno(116);

    /** The symbolic name, such as {@code EINVAL}; {@code errno N} for one that has no name here. */
    public String name() {
        return switch (number) {
            case 1 -> "EPERM";
            case 2 -> "ENOENT";
            case 3 -> "ESRCH";
            case 4 -> "EINTR";
            case 5 -> "EIO";
            case 6 -> "ENXIO";
            case 7 -> "E2BIG";
            case 9 -> "EBADF";
            case 11 -> "EAGAIN";
            case 12 -> "ENOMEM";
            case 13 -> "EACCES";
            case 14 -> "EFAULT";
            case 16 -> "EBUSY";
            case 17 -> "EEXIST";
            case 19 -> "ENODEV";
            case 20 -> "ENOTDIR";
            case 21 -> "EISDIR";
            case 22 -> "EINVAL";
            case 23 -> "ENFILE";
            case 24 -> "EMFILE";
            case 28 -> "ENOSPC";
            case 30 -> "EROFS";
            case 34 -> "ERANGE";
            case 38 -> "ENOSYS";
            case 61 -> "ENODATA";
            case 67 -> "ENOLINK";
            case 71 -> "EPROTO";
            case 92 -> "ENOPROTOOPT";
            case 95 -> "EOPNOTSUPP";
            case 97 -> "EAFNOSUPPORT";
            case 98 -> "EADDRINUSE";
            case 99 -> "EADDRNOTAVAIL";
            case 100 -> "ENETDOWN";
            case 101 -> "ENETUNREACH";
            case 105 -> "ENOBUFS";
            case 107 -> "ENOTCONN";
            case 110 -> "ETIMEDOUT";
            case 111 -> "ECONNREFUSED";
            case 113 -> "EHOSTUNREACH";
            case 114 -> "EALREADY";
            case 115 -> "EINPROGRESS";
            case 116 -> "ESTALE";
            case 524 -> "ENOTSUPP";
            default -> "errno " + number;
        };
    }

    /** What a person can do about it, where that is the same whatever was attempted; empty otherwise. */
    public String advice() {
        return switch (number) {
            case 1 -> "run as root, or with CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON";
            case 23, 24 -> "raise the limit on open files";
            case 12, 28 -> "free some memory or space and try again";
            default -> "";
        };
    }

    @Override
    public String toString() {
        return name();
    }
}
