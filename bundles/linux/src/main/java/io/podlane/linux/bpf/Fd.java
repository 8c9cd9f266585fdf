// SPDX-License-Identifier: Apache-2.0
package io.podlane.linux.bpf;

import io.podlane.linux.ffi.Native;
import java.util.concurrent.atomic.AtomicInteger;

/** A file descriptor and its one owner. */
final class Fd implements AutoCloseable {
    private static final long CLOSE = Native.libc("close");
    private static final int CLOSED = -1;

    private final String what;
    private final AtomicInteger number;

    Fd(int number, String what) {
        this.number = new AtomicInteger(number);
        this.what = what;
    }

    /** The number, for a system call. */
    int number() {
        int fd = number.get();
        if (fd == CLOSED) {
            throw new IllegalStateException(what + " is closed");
        }
        return fd;
    }

    @Override
    public void close() {
        int fd = number.getAndSet(CLOSED);
        if (fd != CLOSED) {
            Native.call(CLOSE, fd);
        }
    }
}
