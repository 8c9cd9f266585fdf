// SPDX-License-Identifier: Apache-2.0
package io.podlane.api.attach;

import io.podlane.api.bpf.Program;
import java.util.List;
import java.util.OptionalLong;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Attaches programs so that they outlive their owner's restart. A service of bundle scope: the bundle that uses it owns
 * what it attaches.
 *
 * <p>Attaching says what should be, not what to do: if the same owner has an attachment of that name at that point
 * already, from before a restart or an update, it is adopted, and its program replaced in place where it differs. What an
 * owner has not asked for again a while (10 s, the <i>linger</i> time) after it was stopped or uninstalled on purpose is
 * detached; while it is being updated, or fails to start, nothing is.
 *
 * <p>Thread-safe.
 */
@ProviderType
public interface AttachService {
    /**
     * Attaches a program, or adopts and updates the attachment that is there.
     *
     * @throws io.podlane.api.kernel.KernelException if the kernel refuses
     * @throws IllegalArgumentException if the order names something that is not at that point
     */
    Attachment attach(String name, Program program, AttachPoint point, Order order);

    /**
     * As above, if the list of programs has not changed since it was looked at.
     *
     * @param expectedRevision the revision a {@link #query} gave; only for {@link AttachPoint.Ordered} points
     * @throws io.podlane.api.kernel.KernelException ESTALE if it has changed
     */
    Attachment attach(String name, Program program, AttachPoint point, Order order, OptionalLong expectedRevision);

    /** The programs at a point, in the order in which they run, others' included. */
    Programs query(AttachPoint point);

    /** What this owner has attached. */
    List<Attachment> attachments();

    /**
     * The programs at a point.
     *
     * @param revision grows by one with every change; 0 where the kernel keeps none
     * @param programs in the order in which they run
     */
    record Programs(long revision, List<Entry> programs) {}

    /**
     * One program at a point.
     *
     * @param programId the kernel's id of the program
     * @param linkId the kernel's id of the link, 0 if it is attached without one
     * @param name the program's name as the kernel knows it (15 characters)
     */
    record Entry(int programId, int linkId, String name) {}
}
