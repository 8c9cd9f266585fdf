// SPDX-License-Identifier: Apache-2.0
package io.podlane.api.bpf;

import java.nio.ByteBuffer;
import org.osgi.annotation.versioning.ProviderType;

/**
 * The memory of an array map, shared with the programs that read it: no system call per element, and an aligned word
 * stored with release order is published at once and whole.
 *
 * <p>One thread writes. Unusable after its object is closed: every method then throws {@link IllegalStateException}.
 */
@ProviderType
public interface MappedArray {
    /** Its name in the C source. */
    String name();

    /** How many elements it has. */
    int length();

    /** The distance between elements in bytes: the value's size, rounded up to eight. */
    int stride();

    /** Copies an element out. */
    void read(int index, ByteBuffer to);

    /**
     * Copies bytes into an element. Not atomic: write only what no program reads yet.
     *
     * @param offset where in the element, in bytes
     */
    void write(int index, int offset, ByteBuffer from);

    /** Reads a word with acquire order; the offset must be a multiple of eight. */
    long getWord(int index, int offset);

    /** Stores a word with release order: all that was written before is seen by whoever sees it. */
    void publishWord(int index, int offset, long word);

    /**
     * Waits until no program that may have read something older is still running (an RCU grace period, about 10 ms).
     * Never on a fast path: collect what waits for it.
     */
    void gracePeriod();
}
