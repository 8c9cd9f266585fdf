// SPDX-License-Identifier: Apache-2.0
package io.podlane.servicetable;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.podlane.api.cluster.IpAddress;
import io.podlane.api.cluster.Protocol;
import io.podlane.linux.bpf.Btf;
import io.podlane.linux.bpf.Btf.Field;
import io.podlane.linux.testing.Machine;
import java.net.Inet4Address;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The structures in C, field by field, as the codecs take them to be. */
final class LayoutTest {
    private static void assertStruct(String name, int size, Field... fields) {
        var btf = Btf.of(Machine.object("servicetable/tables").elf());
        assertEquals(
                new Btf.Layout(name, size, List.of(fields)), btf.struct(name).orElseThrow());
    }

    @Test
    void aFrontendIsLaidOutInCAsInJava() {
        assertStruct(
                "svc_frontend4",
                Layout.FRONTEND_BYTES,
                new Field("address", 0, 4),
                new Field("port", 4, 2),
                new Field("protocol", 6, 1),
                new Field("scope", 7, 1));
    }

    @Test
    void aServiceIsLaidOutInCAsInJava() {
        assertStruct(
                "svc_service",
                Layout.SERVICE_BYTES,
                new Field("address", 0, Layout.ADDRESS_BYTES),
                new Field("port", 16, 2),
                new Field("protocol", 18, 1),
                new Field("scope", 19, 1),
                new Field("reserved", 20, 4),
                new Field("word", Layout.SERVICE_WORD, 8));
    }

    @Test
    void aBackendIsLaidOutInCAsInJava() {
        assertStruct(
                "svc_backend",
                Layout.BACKEND_BYTES,
                new Field("address", 0, Layout.ADDRESS_BYTES),
                new Field("port", Layout.BACKEND_PORT, 2),
                new Field("protocol", 18, 1),
                new Field("flags", Layout.BACKEND_FLAGS, 1),
                new Field("service", Layout.BACKEND_SERVICE, 4));
    }

    @Test
    void codecsReadWhatTheyWrite() {
        var frontend = new Frontend((Inet4Address) IpAddress.parse("10.96.0.1"), 65_535, Protocol.UDP);
        var buffer = Layout.buffer(Layout.FRONTEND_BYTES);
        Layout.FRONTEND.write(frontend, buffer);
        assertEquals(frontend, Layout.FRONTEND.read(buffer.flip()));

        long word = Layout.word(262_143, 65_535, -1L);
        assertEquals(262_143, Layout.first(word));
        assertEquals(65_535, Layout.count(word));
        assertEquals(0, word >>> 52, "generations begin anew after the last");
    }
}
