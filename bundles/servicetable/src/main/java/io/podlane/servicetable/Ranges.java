// SPDX-License-Identifier: Apache-2.0
package io.podlane.servicetable;

import java.util.BitSet;

/**
 * Gives out ranges of an array whose lengths are powers of two, each starting at a multiple of its length: a buddy
 * allocator. For one thread.
 */
final class Ranges {
    /** Free blocks by the logarithm of their length; bit n of order k is the block that starts at n &lt;&lt; k. */
    private final BitSet[] free;

    /** @param size how many elements there are; a power of two */
    Ranges(int size) {
        int top = Integer.numberOfTrailingZeros(size);
        if (Integer.bitCount(size) != 1) {
            throw new IllegalArgumentException("size " + size + " is no power of two");
        }
        free = new BitSet[top + 1];
        for (int order = 0; order <= top; order++) {
            free[order] = new BitSet();
        }
        free[top].set(0);
    }

    /** How many elements a range for so many has. */
    static int length(int count) {
        return count <= 1 ? 1 : Integer.highestOneBit(count - 1) << 1;
    }

    /** The first element of a range for at least so many; -1 if there is none. */
    int take(int count) {
        int order = order(count);
        for (int from = order; from < free.length; from++) {
            int block = free[from].nextSetBit(0);
            if (block >= 0) {
                split(from, block, order, block << from - order);
                return block << from;
            }
        }
        return -1;
    }

    /** Takes the range for so many that starts at an element; false if part of it is taken, or it cannot start there. */
    boolean take(int first, int count) {
        int order = order(count);
        if (first < 0 || order >= free.length || (first & (1 << order) - 1) != 0) {
            return false;
        }
        for (int from = order; from < free.length; from++) {
            if (free[from].get(first >>> from)) {
                split(from, first >>> from, order, first >>> order);
                return true;
            }
        }
        return false;
    }

    /** Takes a block out of a larger free one, and leaves the halves not needed. */
    private void split(int from, int block, int order, int wanted) {
        free[from].clear(block);
        for (int half = from - 1; half >= order; half--) {
            free[half].set(wanted >>> half - order ^ 1);
        }
    }

    /** Gives back what {@code take} gave for so many. */
    void free(int first, int count) {
        int order = order(count);
        int block = first >>> order;
        while (order < free.length - 1 && free[order].get(block ^ 1)) {
            free[order].clear(block ^ 1);
            block >>>= 1;
            order++;
        }
        free[order].set(block);
    }

    private static int order(int count) {
        return Integer.numberOfTrailingZeros(length(count));
    }
}
