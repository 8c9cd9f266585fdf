// SPDX-License-Identifier: Apache-2.0
package io.podlane.servicetable;

import java.util.BitSet;

/** Gives out the smallest free index of an array. For one thread. */
final class Ids {
    private final BitSet taken = new BitSet();
    private final int size;

    Ids(int size) {
        this.size = size;
    }

    /** An index that nobody has; -1 if there is none. */
    int take() {
        int id = taken.nextClearBit(0);
        if (id >= size) {
            return -1;
        }
        taken.set(id);
        return id;
    }

    /** Takes a certain index; false if somebody has it, or it does not exist. */
    boolean take(int id) {
        if (id < 0 || id >= size || taken.get(id)) {
            return false;
        }
        taken.set(id);
        return true;
    }

    void free(int id) {
        taken.clear(id);
    }

    int available() {
        return size - taken.cardinality();
    }
}
