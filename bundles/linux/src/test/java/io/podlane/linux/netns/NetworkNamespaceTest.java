// SPDX-License-Identifier: Apache-2.0
package io.podlane.linux.netns;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.podlane.api.kernel.Errno;
import io.podlane.api.kernel.KernelException;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class NetworkNamespaceTest {
    @Test
    void aPathWithNothingThereIsNamed() {
        var thrown = assertThrows(KernelException.class, () -> NetworkNamespace.open(Path.of("/run/netns/no-such")));
        assertEquals("open network namespace: /run/netns/no-such: ENOENT", thrown.getMessage());
    }

    @Test
    void anotherKindOfFileIsRefused() {
        for (String path : new String[] {"/etc/passwd", "/proc/self/ns/mnt"}) {
            var thrown = assertThrows(KernelException.class, () -> NetworkNamespace.open(Path.of(path)));
            assertEquals(Errno.EINVAL, thrown.errno());
            assertEquals("it is no network namespace", thrown.detail().orElseThrow());
        }
    }

    @Test
    @Tag("kernel")
    void anActionsExceptionReachesTheCaller() {
        try (var namespace = NetworkNamespace.create()) {
            var thrown = assertThrows(
                    IllegalStateException.class,
                    () -> namespace.call(() -> {
                        throw new IllegalStateException("inside");
                    }));
            assertEquals("inside", thrown.getMessage());
        }
    }

    @Test
    @Tag("kernel")
    void itsPathLeadsToItWhileItIsOpen() {
        try (var namespace = NetworkNamespace.create();
                var again = NetworkNamespace.open(namespace.path())) {
            assertEquals(inode(namespace), inode(again));
        }
    }

    private static Object inode(NetworkNamespace namespace) {
        return namespace.call(() -> {
            try {
                return java.nio.file.Files.readSymbolicLink(Path.of("/proc/thread-self/ns/net"));
            } catch (java.io.IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });
    }
}
