// SPDX-License-Identifier: Apache-2.0
package io.podlane.tcx;

import static io.podlane.tcx.SweepRule.Decision.KEEP;
import static io.podlane.tcx.SweepRule.Decision.LINGER;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.podlane.tcx.SweepRule.Decision;
import io.podlane.tcx.SweepRule.Owner;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

final class SweepRuleTest {
    private static final boolean STARTED = true;
    private static final boolean ACTIVE = true;
    private static final boolean SETTLED = true;

    private static final Owner RUNNING = new Owner(STARTED, ACTIVE, SETTLED);
    private static final Owner BETWEEN_STOP_AND_START = new Owner(STARTED, !ACTIVE, !SETTLED);
    private static final Owner STOPPED_ON_PURPOSE = new Owner(!STARTED, !ACTIVE, !SETTLED);
    private static final Owner WAITING_OR_FAILED = new Owner(STARTED, ACTIVE, !SETTLED);
    private static final Owner STOPPING_ON_PURPOSE = new Owner(!STARTED, ACTIVE, SETTLED);

    static Stream<Arguments> cases() {
        return Stream.of(
                Arguments.of("a bundle that runs and does not ask for it any more", false, List.of(RUNNING), LINGER),
                Arguments.of(
                        "a bundle that is being updated or refreshed", false, List.of(BETWEEN_STOP_AND_START), KEEP),
                Arguments.of("a bundle that was stopped", false, List.of(STOPPED_ON_PURPOSE), LINGER),
                Arguments.of("a bundle that is being stopped", false, List.of(STOPPING_ON_PURPOSE), LINGER),
                Arguments.of("a bundle that was uninstalled", false, List.of(), LINGER),
                Arguments.of(
                        "a component that waits for a service, or failed", false, List.of(WAITING_OR_FAILED), KEEP),
                Arguments.of("the framework stops", true, List.of(STOPPED_ON_PURPOSE), KEEP),
                Arguments.of("the framework stops, and the bundle is gone", true, List.of(), KEEP),
                Arguments.of(
                        "a new version is on its way beside the old one",
                        false,
                        List.of(STOPPED_ON_PURPOSE, BETWEEN_STOP_AND_START),
                        KEEP),
                Arguments.of(
                        "a new version runs beside the stopped old one",
                        false,
                        List.of(STOPPED_ON_PURPOSE, RUNNING),
                        LINGER));
    }

    @ParameterizedTest(name = "{0}: {3}")
    @MethodSource("cases")
    void whatIsNotDeclaredStaysOrGoes(String description, boolean stopping, List<Owner> owners, Decision expected) {
        assertEquals(expected, SweepRule.decide(stopping, owners));
    }
}
