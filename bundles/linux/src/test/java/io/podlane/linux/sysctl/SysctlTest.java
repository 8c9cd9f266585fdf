// SPDX-License-Identifier: Apache-2.0
package io.podlane.linux.sysctl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.podlane.linux.netns.NetworkNamespace;
import java.io.UncheckedIOException;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class SysctlTest {
    @Test
    @Tag("kernel")
    void settingsAreThoseOfTheNamespaceOneIsIn() {
        try (var one = NetworkNamespace.create();
                var other = NetworkNamespace.create()) {
            one.call(() -> {
                Sysctl.write("1", "net", "ipv4", "ip_forward");
                return null;
            });
            assertEquals(Optional.of("1"), one.call(() -> Sysctl.read("net", "ipv4", "ip_forward")));
            assertEquals(Optional.of("0"), other.call(() -> Sysctl.read("net", "ipv4", "ip_forward")));
        }
    }

    @Test
    void whatTheKernelDoesNotHaveIsEmptyToReadAndAnErrorToWrite() {
        assertEquals(Optional.empty(), Sysctl.read("net", "ipv4", "no_such_setting"));
        var thrown =
                assertThrows(UncheckedIOException.class, () -> Sysctl.write("1", "net", "ipv4", "no_such_setting"));
        assertEquals("write '1' to /proc/sys/net/ipv4/no_such_setting", thrown.getMessage());
    }

    @Test
    void pathsDoNotLeadOutOfTheSettings() {
        assertThrows(IllegalArgumentException.class, () -> Sysctl.read("..", "version"));
    }
}
