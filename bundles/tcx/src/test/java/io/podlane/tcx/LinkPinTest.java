// SPDX-License-Identifier: Apache-2.0
package io.podlane.tcx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.podlane.api.attach.AttachPoint;
import io.podlane.api.attach.AttachPoint.Netkit;
import io.podlane.api.attach.AttachPoint.Tcx;
import io.podlane.api.attach.AttachPoint.Xdp;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class LinkPinTest {
    static Stream<Arguments> pins() {
        return Stream.of(
                Arguments.of(new Tcx(4, Tcx.Direction.INGRESS), "route", "org+example/7_4/tcx-ingress_route"),
                Arguments.of(new Netkit(5, Netkit.Side.PEER), "a_b", "org+example/7_5/netkit-peer_a_b"),
                Arguments.of(new Xdp(6, Xdp.Mode.NATIVE), "l.b", "org+example/7_6/xdp-native_l+b"));
    }

    @ParameterizedTest
    @MethodSource("pins")
    void aPinTellsAllOfAnAttachmentButItsPhase(AttachPoint point, String name, String path) {
        var pin = LinkPin.of("org.example", 7, point, name);
        assertEquals(Path.of(path), pin.relative());
        assertEquals(pin, LinkPin.parse(Path.of(path)));
        assertEquals(Optional.of(point), pin.point(Optional.empty()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"a", "a/b", "a/7_4/nothing", "a/x_4/tcx-ingress_r", "a/7/tcx-ingress_r", "a.b/7_4/tcx-ingress_r"
            })
    void aForeignNameIsNoPinOfOurs(String path) {
        assertThrows(IllegalArgumentException.class, () -> LinkPin.parse(Path.of(path)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a/7_4/tcx-sideways_r", "a/7_lo/tcx-ingress_r", "a/7_4/moon_r"})
    void aPointThatDoesNotExistIsNotFound(String path) {
        assertEquals(Optional.empty(), LinkPin.parse(Path.of(path)).point(Optional.empty()));
    }
}
