// SPDX-License-Identifier: Apache-2.0
package io.podlane.linux.netns;

import io.podlane.api.kernel.Errno;
import io.podlane.api.kernel.KernelException;
import io.podlane.linux.ffi.Libc;
import io.podlane.linux.ffi.Native;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Supplier;

/** A network namespace, held open: it lasts as long as this, even if its path goes. Close it. */
public final class NetworkNamespace implements AutoCloseable {
    private static final int O_RDONLY = 0;
    private static final int O_CLOEXEC = 0x80000;
    private static final int CLONE_NEWNET = 0x40000000;
    /** ioctl of a namespace's file (include/uapi/linux/nsfs.h). */
    private static final long NS_GET_NSTYPE = 0xb703;

    private static final int STACK_BYTES = 256 * 1024;

    private final Path path;
    private int fd;

    private NetworkNamespace(Path path, int fd) {
        this.path = path;
        this.fd = fd;
    }

    /**
     * Opens the namespace of a path.
     *
     * @param path such as {@code /run/netns/NAME} or {@code /proc/PID/ns/net}
     * @throws KernelException if there is nothing, or no network namespace
     */
    public static NetworkNamespace open(Path path) {
        int fd = Libc.open(path.toString(), O_RDONLY | O_CLOEXEC);
        if (fd < 0) {
            throw failure("open network namespace", path);
        }
        if (Libc.ioctl(fd, NS_GET_NSTYPE, 0) != CLONE_NEWNET) {
            Libc.close(fd);
            throw new KernelException(
                    "open network namespace", path.toString(), Errno.EINVAL, "it is no network namespace");
        }
        return new NetworkNamespace(path, fd);
    }

    /** Opens the namespace that the current thread is in. */
    public static NetworkNamespace current() {
        return open(Path.of("/proc/thread-self/ns/net"));
    }

    /**
     * Makes a namespace that only its file descriptor holds, and whose path that is: it goes when it is closed or this
     * process ends, however that ends, and devices in it go with it.
     */
    public static NetworkNamespace create() {
        return onNewThread("netns new", () -> {
            if (Libc.unshare(CLONE_NEWNET) < 0) {
                throw failure("make a network namespace", Path.of("new"));
            }
            return current();
        });
    }

    /** A path that leads to it for as long as it is open. */
    public Path path() {
        return Path.of("/proc/" + ProcessHandle.current().pid() + "/fd/" + fd);
    }

    /**
     * Runs an action on a thread that is inside, and then ends: entering changes one thread only, and one that cannot be
     * brought back must not be used for anything else. A socket opened inside stays there; so open one, and keep it.
     */
    public <T> T call(Supplier<T> action) {
        return onNewThread("netns " + path, () -> {
            if (Libc.setns(fd, CLONE_NEWNET) < 0) {
                throw failure("enter network namespace", path);
            }
            return action.get();
        });
    }

    private static <T> T onNewThread(String name, Supplier<T> action) {
        var task = new FutureTask<>(action::get);
        var thread = new Thread(null, task, name, STACK_BYTES);
        thread.setDaemon(true);
        thread.start();
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return task.get();
                } catch (InterruptedException e) {
                    interrupted = true; // The action is short, and what it opens would be lost.
                }
            }
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new IllegalStateException(name + ": " + e.getCause(), e.getCause());
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Whether both are one, by whatever path they were opened. */
    public boolean isSameAs(NetworkNamespace other) {
        try {
            return inode().equals(other.inode());
        } catch (IOException e) {
            throw new UncheckedIOException("cannot tell " + path + " from " + other.path, e);
        }
    }

    /** All namespaces are files of one file system, whose inode numbers tell them apart (nsfs, namespaces(7)). */
    private Object inode() throws IOException {
        return Files.getAttribute(path(), "unix:ino");
    }

    /** For this bundle's own system calls. */
    public int fd() {
        return fd;
    }

    @Override
    public String toString() {
        return path.toString();
    }

    @Override
    public void close() {
        if (fd >= 0) {
            Libc.close(fd);
            fd = -1;
        }
    }

    private static KernelException failure(String operation, Path path) {
        return new KernelException(operation, path.toString(), new Errno(Native.errno()));
    }
}
