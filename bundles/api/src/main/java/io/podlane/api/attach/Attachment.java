// SPDX-License-Identifier: Apache-2.0
package io.podlane.api.attach;

import io.podlane.api.bpf.Program;
import org.osgi.annotation.versioning.ProviderType;

/**
 * A program at an attach point, held by a pinned link: it stays when this object, its owner or the whole agent goes.
 */
@ProviderType
public interface Attachment {
    /** The name its owner gave it; unique for the owner and attach point. */
    String name();

    /** The symbolic name of the bundle that owns it. */
    String owner();

    /** Where it is. */
    AttachPoint point();

    /** The kernel's id of the link; 0 for a device that is gone. */
    int linkId();

    /** The identity of the program that runs now. */
    String identity();

    /**
     * Puts another program in its place, atomically: every packet sees either the old or the new one.
     *
     * @throws io.podlane.api.kernel.KernelException if the kernel refuses; the old program keeps running
     */
    void replace(Program program);

    /** Takes it away at once. To leave it running, just let go of it. */
    void detach();
}
