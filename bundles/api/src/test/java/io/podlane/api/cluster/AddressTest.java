// SPDX-License-Identifier: Apache-2.0
package io.podlane.api.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AddressTest {
    @ParameterizedTest
    @CsvSource({
        "10.0.0.1, 10.0.0.1",
        "0.0.0.0, 0.0.0.0",
        "255.255.255.255, 255.255.255.255",
        "::, 0:0:0:0:0:0:0:0",
        "::1, 0:0:0:0:0:0:0:1",
        "fd00::, fd00:0:0:0:0:0:0:0",
        "fd00:1::2:3, fd00:1:0:0:0:0:2:3",
        "1:2:3:4:5:6:7:8, 1:2:3:4:5:6:7:8",
        "1:2:3:4:5:6:7::, 1:2:3:4:5:6:7:0",
        "64:ff9b::10.0.0.1, 64:ff9b:0:0:0:0:a00:1",
        "FD00::Ab, fd00:0:0:0:0:0:0:ab",
    })
    void readsAddressesAsKubernetesWritesThem(String text, String shown) {
        assertEquals(shown, IpAddress.parse(text).getHostAddress());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "localhost",
                "1",
                "1.2.3",
                "1.2.3.4.5",
                "01.2.3.4",
                "1.2.3.256",
                "1.2.3.+4",
                "1.2.3.4 ",
                "1..2.3",
                ":",
                ":1",
                "1:",
                ":::",
                "1::2::3",
                ".:1",
                "1:2:3:4:5:6:7",
                "1:2:3:4:5:6:7:8:9",
                "1:2:3:4:5:6:7:8::",
                "12345::",
                "g::",
                "fe80::1%eth0",
                "::ffff:10.0.0.1",
                "10.0.0.1::",
                "::1.2.3",
                "::١"
            })
    void refusesWhatIsNoAddressWithoutAskingANameServer(String text) {
        var e = assertThrows(IllegalArgumentException.class, () -> IpAddress.parse(text));
        assertEquals("'" + text + "' is no IP address", e.getMessage());
    }

    @ParameterizedTest
    @CsvSource({"10.1.2.3/24, 10.1.2.0/24", "10.1.2.3/0, 0.0.0.0/0", "fd00:1:2::/48, fd00:1:2:0:0:0:0:0/48"})
    void readsBlocksAndClearsTheBitsBeyondThePrefix(String text, String shown) {
        assertEquals(shown, Cidr.parse(text).toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/+8", "10.0.0.0/08", "::/129", "x/8"})
    void refusesWhatIsNoBlock(String text) {
        assertThrows(IllegalArgumentException.class, () -> Cidr.parse(text));
    }
}
