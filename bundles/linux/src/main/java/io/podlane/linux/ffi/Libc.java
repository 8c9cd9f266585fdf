// SPDX-License-Identifier: Apache-2.0
package io.podlane.linux.ffi;

import java.nio.ByteBuffer;

/**
 * The system calls for sockets and namespaces. Private to this bundle. Each returns a negative number on an error, and
 * {@link Native#errno} says which.
 */
public final class Libc {
    private static final long OPEN = Native.libc("open");
    private static final long CLOSE = Native.libc("close");
    private static final long SOCKET = Native.libc("socket");
    private static final long BIND = Native.libc("bind");
    private static final long SEND = Native.libc("send");
    private static final long RECV = Native.libc("recv");
    private static final long SETSOCKOPT = Native.libc("setsockopt");
    private static final long GETSOCKOPT = Native.libc("getsockopt");
    private static final long SETNS = Native.libc("setns");
    private static final long UNSHARE = Native.libc("unshare");
    private static final long IOCTL = Native.libc("ioctl");

    private Libc() {}

    public static int open(String path, int flags) {
        ByteBuffer name = Native.string(path);
        int fd = (int) Native.call(OPEN, Native.address(name), flags, 0);
        Native.keep(name);
        return fd;
    }

    public static int close(int fd) {
        return (int) Native.call(CLOSE, fd);
    }

    public static int socket(int domain, int type, int protocol) {
        return (int) Native.call(SOCKET, domain, type, protocol);
    }

    public static int bind(int fd, ByteBuffer address) {
        int result = (int) Native.call(BIND, fd, Native.address(address), address.capacity());
        Native.keep(address);
        return result;
    }

    /** Sends the first bytes of a buffer. */
    public static long send(int fd, ByteBuffer buffer, int length) {
        long sent = Native.call(SEND, fd, Native.address(buffer), length, 0, 0, 0);
        Native.keep(buffer);
        return sent;
    }

    /** Receives into a buffer from its beginning. */
    public static long receive(int fd, ByteBuffer buffer, int flags) {
        long length = Native.call(RECV, fd, Native.address(buffer), buffer.capacity(), flags, 0, 0);
        Native.keep(buffer);
        return length;
    }

    public static int setSocketOption(int fd, int level, int option, int value) {
        ByteBuffer buffer = Native.allocate(Integer.BYTES).putInt(0, value);
        int result = (int) Native.call(SETSOCKOPT, fd, level, option, Native.address(buffer), Integer.BYTES, 0);
        Native.keep(buffer);
        return result;
    }

    /** Fills a buffer with a socket option's value. */
    public static int getSocketOption(int fd, int level, int option, ByteBuffer value) {
        ByteBuffer length = Native.allocate(Integer.BYTES).putInt(0, value.capacity());
        int result = (int) Native.call(GETSOCKOPT, fd, level, option, Native.address(value), Native.address(length), 0);
        Native.keep(value, length);
        return result;
    }

    /** Moves the current thread to the namespace of a file descriptor. */
    public static int setns(int fd, int type) {
        return (int) Native.call(SETNS, fd, type, 0);
    }

    /** Moves the current thread to a namespace of its own. */
    public static int unshare(int flags) {
        return (int) Native.call(UNSHARE, flags);
    }

    public static int ioctl(int fd, long request, long argument) {
        return (int) Native.call(IOCTL, fd, request, argument);
    }
}
