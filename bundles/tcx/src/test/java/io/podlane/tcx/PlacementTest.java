// SPDX-License-Identifier: Apache-2.0
package io.podlane.tcx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.podlane.api.attach.Phase;
import io.podlane.linux.bpf.BpfLinks.Entry;
import io.podlane.linux.bpf.BpfLinks.Place;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** In the lists here, ours are written as their phases; {@code foreign} is somebody else's. */
final class PlacementTest {
    private static final String FOREIGN = "foreign";

    private static List<Entry> entries(List<String> list) {
        return java.util.stream.IntStream.range(0, list.size())
                .mapToObj(i -> new Entry(100 + i, 1 + i, list.get(i)))
                .toList();
    }

    private static Map<Integer, Rank> ranks(List<String> list) {
        var ranks = new HashMap<Integer, Rank>();
        for (int i = 0; i < list.size(); i++) {
            if (!list.get(i).equals(FOREIGN)) {
                ranks.put(1 + i, new Rank(Phase.valueOf(list.get(i)), "owner", "name"));
            }
        }
        return ranks;
    }

    static Stream<Arguments> places() {
        return Stream.of(
                Arguments.of("the first program", Phase.ROUTE, List.of(), new Place.Last()),
                Arguments.of("behind foreign ones only", Phase.ROUTE, List.of(FOREIGN), new Place.Last()),
                Arguments.of("before a later phase", Phase.SHAPE, List.of("ROUTE", "TAIL"), new Place.BeforeLink(1)),
                Arguments.of("between phases", Phase.POLICY, List.of("CLASSIFY", "ROUTE"), new Place.BeforeLink(2)),
                Arguments.of(
                        "behind all of ours, before foreign ones",
                        Phase.ROUTE,
                        List.of("CLASSIFY", FOREIGN),
                        new Place.AfterLink(1)),
                Arguments.of(
                        "a foreign one before ours stays there",
                        Phase.SHAPE,
                        List.of(FOREIGN, "ROUTE"),
                        new Place.BeforeLink(2)),
                Arguments.of(
                        "the tail cuts off nobody who was there",
                        Phase.TAIL,
                        List.of("ROUTE", FOREIGN),
                        new Place.Last()));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("places")
    void aProgramIsPutByItsPhase(String description, Phase phase, List<String> list, Place expected) {
        assertEquals(expected, Placement.of(new Rank(phase, "owner", "zzz"), entries(list), ranks(list)));
    }

    @Test
    void withinAPhaseOwnerAndNameDecide() {
        var ours = Map.of(1, new Rank(Phase.ROUTE, "b", "m"));
        var list = List.of(new Entry(100, 1, "x"));
        assertEquals(new Place.BeforeLink(1), Placement.of(new Rank(Phase.ROUTE, "a", "z"), list, ours));
        assertEquals(new Place.BeforeLink(1), Placement.of(new Rank(Phase.ROUTE, "b", "a"), list, ours));
        assertEquals(new Place.AfterLink(1), Placement.of(new Rank(Phase.ROUTE, "c", "a"), list, ours));
    }

    @Test
    void aLinkStandsWrongAsSoonAsOneOfOursIsOnTheWrongSide() {
        var list = List.of("CLASSIFY", FOREIGN, "POLICY", "ROUTE");
        var others = ranks(list);
        others.remove(3);
        assertTrue(Placement.right(3, new Rank(Phase.POLICY, "owner", "name"), entries(list), others));
        assertTrue(Placement.right(3, new Rank(Phase.SHAPE, "owner", "name"), entries(list), others));
        assertFalse(Placement.right(3, new Rank(Phase.CAPTURE, "owner", "name"), entries(list), others));
        assertFalse(Placement.right(3, new Rank(Phase.TAIL, "owner", "name"), entries(list), others));
    }
}
