// SPDX-License-Identifier: Apache-2.0
package io.podlane.linux.bpf;

import io.podlane.api.kernel.Errno;
import io.podlane.api.kernel.KernelException;
import io.podlane.linux.ffi.Native;
import java.nio.ByteBuffer;

/** Memory mapped from a descriptor. Whoever closes it must know that nobody uses the buffer any more. */
record Mapping(long address, long bytes, ByteBuffer buffer) implements AutoCloseable {
    private static final long MMAP = Native.libc("mmap");
    private static final long MUNMAP = Native.libc("munmap");
    private static final int PROT_READ = 1;
    private static final int PROT_WRITE = 2;
    private static final int MAP_SHARED = 1;
    private static final int PAGE = (int) Native.call(Native.libc("getpagesize"), 0);

    static int pageSize() {
        return PAGE;
    }

    static Mapping of(Fd fd, long bytes, long offset, boolean writable, String what) {
        if (bytes > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(what + " has " + bytes + " bytes; 2 GiB can be mapped at most");
        }
        long rounded = (bytes + PAGE - 1) / PAGE * PAGE;
        int protection = writable ? PROT_READ | PROT_WRITE : PROT_READ;
        long address = Native.call(MMAP, 0, rounded, protection, MAP_SHARED, fd.number(), offset);
        if (address == -1) {
            throw new KernelException("map the memory of", what, new Errno(Native.errno()));
        }
        return new Mapping(address, rounded, Native.memory(address, (int) bytes));
    }

    @Override
    public void close() {
        Native.call(MUNMAP, address, bytes, 0);
    }
}
