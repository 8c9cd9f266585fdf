// SPDX-License-Identifier: Apache-2.0
package io.podlane.linux.ffi;

import jnr.ffi.LibraryLoader;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;
import jnr.ffi.annotations.In;
import jnr.ffi.annotations.Out;

/**
 * The C library. Private to this bundle: no jnr type leaves it. Call it from platform threads only, since errno is wrong
 * now and then on virtual ones.
 */
public interface Libc {
    Libc INSTANCE = LibraryLoader.create(Libc.class).load("c");
    Runtime RUNTIME = Runtime.getRuntime(INSTANCE);

    /** syscall(2) with up to six arguments; variadic in C, but integers go into the same registers either way. */
    long syscall(long number, long a, long b, long c, long d, long e, long f);

    int open(String path, int flags, int mode);

    int close(int fd);

    int socket(int domain, int type, int protocol);

    int bind(int fd, @In byte[] address, int length);

    long send(int fd, @In byte[] buffer, long length, int flags);

    long recv(int fd, @Out byte[] buffer, long length, int flags);

    int setsockopt(int fd, int level, int option, @In byte[] value, int length);

    int getsockopt(int fd, int level, int option, @Out byte[] value, int[] length);

    int setns(int fd, int type);

    int unshare(int flags);

    /** ioctl(2) with an integer or no argument; variadic in C as syscall is. */
    int ioctl(int fd, long request, long argument);

    Pointer mmap(Pointer address, long length, int protection, int flags, int fd, long offset);

    int munmap(Pointer address, long length);

    int statfs(String path, @Out byte[] buffer);
}
