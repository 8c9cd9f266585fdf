// SPDX-License-Identifier: Apache-2.0
package io.podlane.api.bpf;

import java.nio.ByteBuffer;
import java.time.Duration;
import org.osgi.annotation.versioning.ProviderType;

/** The reading end of a BPF ring buffer. One reader. */
@ProviderType
public interface RingBuffer {
    /**
     * Waits for records and hands each to the consumer.
     *
     * @param timeout how long to wait for the first
     * @return how many records there were
     */
    int poll(Duration timeout, Consumer consumer);

    /** Gets one record; the buffer is valid only during the call. */
    @FunctionalInterface
    interface Consumer {
        void accept(ByteBuffer sample);
    }
}
