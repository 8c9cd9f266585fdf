// SPDX-License-Identifier: Apache-2.0
package io.podlane.linux.bpf;

import io.podlane.api.kernel.Errno;
import io.podlane.api.kernel.KernelException;
import io.podlane.linux.ffi.Native;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The bpf(2) system call. Attributes are laid out as in union bpf_attr of include/uapi/linux/bpf.h (6.12); a kernel that
 * knows fewer fields accepts zeroes in the rest.
 */
final class Bpf {
    static final int MAP_CREATE = 0;
    static final int MAP_LOOKUP_ELEM = 1;
    static final int MAP_UPDATE_ELEM = 2;
    static final int MAP_DELETE_ELEM = 3;
    static final int MAP_GET_NEXT_KEY = 4;
    static final int OBJ_PIN = 6;
    static final int OBJ_GET = 7;
    static final int PROG_TEST_RUN = 10;
    static final int PROG_GET_FD_BY_ID = 13;
    static final int MAP_GET_FD_BY_ID = 14;
    static final int OBJ_GET_INFO_BY_FD = 15;
    static final int PROG_QUERY = 16;
    static final int MAP_LOOKUP_BATCH = 24;
    static final int MAP_UPDATE_BATCH = 26;
    static final int MAP_DELETE_BATCH = 27;
    static final int LINK_CREATE = 28;
    static final int LINK_UPDATE = 29;
    static final int LINK_GET_FD_BY_ID = 30;
    static final int LINK_GET_NEXT_ID = 31;
    static final int LINK_DETACH = 34;

    private static final int EINTR = 4;
    private static final int ATTR_SIZE = 128;
    private static final int INFO_SIZE = 256;
    private static final long SYSCALL = Native.libc("syscall");
    private static final long NUMBER =
            switch (System.getProperty("os.arch")) {
                case "amd64" -> 321;
                case "aarch64" -> 280;
                default ->
                    throw new IllegalStateException("bpf(2) is not known for machine " + System.getProperty("os.arch"));
            };

    private Bpf() {}

    /** Zeroed attributes. */
    static ByteBuffer attr() {
        return Native.allocate(ATTR_SIZE);
    }

    /** The call itself: the result, or the negative error number. */
    static int call(int command, ByteBuffer attr) {
        int result;
        int errno;
        do {
            result = (int) Native.call(SYSCALL, NUMBER, command, Native.address(attr), attr.capacity(), 0, 0);
            errno = result < 0 ? Native.errno() : 0;
        } while (errno == EINTR);
        Native.keep(attr);
        return errno == 0 ? result : -errno;
    }

    /** The call, or an exception that says what was attempted. */
    static int call(int command, ByteBuffer attr, String operation, String subject) {
        int result = call(command, attr);
        if (result < 0) {
            throw new KernelException(operation, subject, new Errno(-result));
        }
        return result;
    }

    /** What a descriptor of this system call stands for. */
    enum Kind {
        PROGRAM("bpf-prog"),
        MAP("bpf-map"),
        LINK("bpf_link", "bpf-link");

        private final String[] names;

        Kind(String... names) {
            this.names = names;
        }

        private boolean is(String target) {
            for (String name : names) {
                if (target.endsWith(name)) {
                    return true;
                }
            }
            return false;
        }
    }

    /** Opens what is pinned at a path, which must be of this kind. */
    static Fd openPin(Path path, Kind kind) {
        ByteBuffer name = Native.string(path.toString());
        ByteBuffer attr = attr().putLong(0, Native.address(name));
        int result = call(OBJ_GET, attr);
        Native.keep(name);
        String wanted = "a pinned " + kind.name().toLowerCase(java.util.Locale.ROOT);
        if (result < 0) {
            var errno = new Errno(-result);
            throw new KernelException(
                    "open pin",
                    path.toString(),
                    errno,
                    errno.equals(Errno.ENOENT) || errno.equals(Errno.EPERM)
                            ? ""
                            : "it is not " + wanted + "; something else put it there, remove it by hand");
        }
        var fd = new Fd(result, path.toString());
        // The info structures of the three kinds cannot be told apart, the descriptors can.
        if (!kind.is(targetOf(result))) {
            String found = targetOf(result);
            fd.close();
            throw new KernelException(
                    "open pin",
                    path.toString(),
                    Errno.EINVAL,
                    "it is " + found + ", not " + wanted + "; something else put it there, remove it by hand");
        }
        return fd;
    }

    private static String targetOf(int fd) {
        try {
            return Files.readSymbolicLink(Path.of("/proc/self/fd/" + fd)).toString();
        } catch (IOException e) {
            return "unknown (" + e.getMessage() + ")";
        }
    }

    /** Pins what a descriptor stands for. */
    static void pin(int fd, Path path, String what) {
        ByteBuffer name = Native.string(path.toString());
        ByteBuffer attr = attr().putLong(0, Native.address(name)).putInt(8, fd);
        int result = call(OBJ_PIN, attr);
        Native.keep(name);
        if (result < 0) {
            throw new KernelException("pin " + what, path.toString(), new Errno(-result));
        }
    }

    /** A descriptor's info structure, zeroes where the kernel knows less. */
    static ByteBuffer info(int fd, String subject) {
        ByteBuffer info = Native.allocate(INFO_SIZE);
        return info(fd, info, subject);
    }

    /** As above, into a structure that may hold pointers to arrays to be filled. */
    static ByteBuffer info(int fd, ByteBuffer info, String subject) {
        ByteBuffer attr = attr().putInt(0, fd).putInt(4, info.capacity()).putLong(8, Native.address(info));
        call(OBJ_GET_INFO_BY_FD, attr, "read what the kernel knows of", subject);
        Native.keep(info);
        return info;
    }

    /** A descriptor for an id. */
    static Fd byId(int command, int id, String what) {
        ByteBuffer attr = attr().putInt(0, id);
        return new Fd(call(command, attr, "open", what + " with id " + id), what + " " + id);
    }

    /** A C string in a fixed field. */
    static String name(ByteBuffer info, int offset, int size) {
        byte[] bytes = new byte[size];
        info.get(offset, bytes);
        int length = 0;
        while (length < size && bytes[length] != 0) {
            length++;
        }
        return new String(bytes, 0, length, StandardCharsets.US_ASCII);
    }
}
