// SPDX-License-Identifier: Apache-2.0
package io.podlane.api.bpf;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.podlane.api.cluster.IpAddress;
import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class CodecTest {
    private static <T> void assertStored(String bytes, T value, Codec<T> codec) {
        for (var order : new ByteOrder[] {ByteOrder.BIG_ENDIAN, ByteOrder.LITTLE_ENDIAN}) {
            ByteBuffer buffer = ByteBuffer.allocate(codec.size()).order(order);
            codec.write(value, buffer);
            assertEquals(bytes, HexFormat.of().formatHex(buffer.array()));
            assertEquals(value, codec.read(buffer.rewind()));
            assertEquals(0, buffer.remaining());
        }
    }

    @Test
    void anIpv4AddressIsFourBytesInNetworkOrder() {
        assertStored("0a6000ff", (Inet4Address) IpAddress.parse("10.96.0.255"), Codec.IPV4);
    }

    @Test
    void anAddressOfEitherFamilyIsSixteenBytes() {
        assertStored("00000000000000000000ffff0a6000ff", IpAddress.parse("10.96.0.255"), Codec.ADDRESS);
        assertStored("20010db8000000000000000000000001", IpAddress.parse("2001:db8::1"), Codec.ADDRESS);
    }
}
