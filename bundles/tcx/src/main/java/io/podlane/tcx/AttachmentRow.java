// SPDX-License-Identifier: Apache-2.0
package io.podlane.tcx;

/**
 * A line of {@code tcx:list}.
 *
 * @param device its name; for a hook in a cgroup the folder
 * @param hook what the device calls the point, such as {@code POD_EGRESS}; else the point, such as {@code tcx/ingress}
 * @param program its name, with what is to be said of it
 * @param bundle the owner; {@code -} for a program of others
 * @param position in the order in which they run, from 1
 * @param linkId the kernel's id of the link; 0 if there is none
 * @param pin the path; {@code -} for a program of others
 * @param revision of the list; 0 where the kernel keeps none
 */
public record AttachmentRow(
        String device,
        String hook,
        String program,
        String bundle,
        int position,
        int linkId,
        String pin,
        long revision) {}
