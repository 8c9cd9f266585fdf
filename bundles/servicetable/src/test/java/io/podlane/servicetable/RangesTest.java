// SPDX-License-Identifier: Apache-2.0
package io.podlane.servicetable;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class RangesTest {
    @Test
    void aRangeIsAPowerOfTwoLongAndStartsAtAMultipleOfThat() {
        var ranges = new Ranges(64);
        assertEquals(0, ranges.take(3));
        assertEquals(4, ranges.take(1));
        assertEquals(8, ranges.take(5));
        assertEquals(5, ranges.take(1));
        assertEquals(6, ranges.take(2));
        assertEquals(32, ranges.take(32));
        assertEquals(16, ranges.take(16));
        assertEquals(-1, ranges.take(1));
    }

    @Test
    void neighboursThatAreFreeBecomeOneAgain() {
        var ranges = new Ranges(16);
        int[] firsts = new int[16];
        for (int i = 0; i < 16; i++) {
            firsts[i] = ranges.take(1);
        }
        for (int first : firsts) {
            ranges.free(first, 1);
        }
        assertEquals(0, ranges.take(16));
    }

    @Test
    void aCertainRangeIsTakenOnlyIfAllOfItIsFree() {
        var ranges = new Ranges(16);
        assertTrue(ranges.take(4, 3));
        assertFalse(ranges.take(4, 4));
        assertFalse(ranges.take(7, 1));
        assertFalse(ranges.take(0, 8));
        assertFalse(ranges.take(2, 4), "it cannot start there");
        assertFalse(ranges.take(16, 1));
        assertFalse(ranges.take(-4, 4));
        assertTrue(ranges.take(8, 8));
        assertTrue(ranges.take(0, 4));
        assertEquals(-1, ranges.take(1));
    }

    @Test
    void rangesNeverOverlapAndNothingIsLost() {
        var random = new Random(3);
        var ranges = new Ranges(1024);
        var taken = new BitSet();
        var counts = new HashMap<Integer, Integer>();
        for (int step = 0; step < 20_000; step++) {
            if (random.nextBoolean() || counts.isEmpty()) {
                int count = 1 + random.nextInt(40);
                int first = ranges.take(count);
                if (first >= 0) {
                    int end = first + Ranges.length(count);
                    assertTrue(taken.get(first, end).isEmpty());
                    taken.set(first, end);
                    counts.put(first, count);
                }
            } else {
                var firsts = List.copyOf(counts.keySet());
                int first = firsts.get(random.nextInt(firsts.size()));
                int count = counts.remove(first);
                ranges.free(first, count);
                taken.clear(first, first + Ranges.length(count));
            }
        }
        counts.forEach(ranges::free);
        assertEquals(0, ranges.take(1024));
    }
}
