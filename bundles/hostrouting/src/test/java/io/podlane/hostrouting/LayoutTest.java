// SPDX-License-Identifier: Apache-2.0
package io.podlane.hostrouting;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.podlane.linux.bpf.Btf;
import io.podlane.linux.bpf.Btf.Field;
import io.podlane.linux.bpf.Btf.Layout;
import io.podlane.linux.testing.Machine;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The structures in C, field by field, as the codecs take them to be. */
final class LayoutTest {
    private static void assertLayout(Layout expected) {
        var btf = Btf.of(Machine.object("hostrouting/route").elf());
        assertEquals(expected, btf.struct(expected.name()).orElseThrow());
    }

    @Test
    void aPodIsLaidOutInCAsInJava() {
        assertLayout(new Layout(
                "route_pod",
                io.podlane.hostrouting.Layout.POD_BYTES,
                List.of(
                        new Field("address", 0, 16),
                        new Field("target", io.podlane.hostrouting.Layout.POD_TARGET, 8),
                        new Field("mac", io.podlane.hostrouting.Layout.POD_MAC, 6),
                        new Field("reserved", 30, 2))));
    }

    @Test
    void aPrefixIsLaidOutInCAsInJava() {
        assertLayout(new Layout(
                "route_prefix4",
                io.podlane.hostrouting.Layout.PREFIX_BYTES,
                List.of(new Field("length", 0, 4), new Field("address", 4, 4))));
    }

    @Test
    void aNextHopIsLaidOutInCAsInJava() {
        assertLayout(new Layout(
                "route_next_hop",
                io.podlane.hostrouting.Layout.NEXT_HOP_BYTES,
                List.of(
                        new Field("address", 0, 16),
                        new Field("ifindex", io.podlane.hostrouting.Layout.NEXT_HOP_IFINDEX, 4),
                        new Field("reserved", 20, 4))));
    }
}
