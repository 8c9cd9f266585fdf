// SPDX-License-Identifier: Apache-2.0
package io.podlane.api.bpf;

import org.osgi.annotation.versioning.ProviderType;

/** A program in the kernel, ready to be attached. */
@ProviderType
public interface Program {
    /** Its name in the C source. The kernel keeps the first 15 characters. */
    String name();

    /** The kernel's id of it. Another after every load. */
    int id();

    /**
     * What it does, as a hash of object, constants and map ids, in hexadecimal: two programs with one identity behave
     * alike. The kernel's own tag would not do, since it leaves out constants.
     */
    String identity();

    /**
     * Runs it once on a packet (BPF_PROG_TEST_RUN), attached to nothing.
     *
     * @param packet the frame from its Ethernet header on; at least 14 bytes
     * @return the verdict and the packet as the program left it
     */
    TestRun test(byte[] packet);

    /**
     * The outcome of a test run.
     *
     * @param verdict what the program returned
     * @param packet the frame afterwards
     * @param nanos how long the kernel says the run took, in nanoseconds
     */
    record TestRun(int verdict, byte[] packet, long nanos) {}
}
