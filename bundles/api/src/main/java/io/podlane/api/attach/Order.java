// SPDX-License-Identifier: Apache-2.0
package io.podlane.api.attach;

/**
 * Where a program stands among those of its attach point. An order other than a phase is looked at once, when the program
 * is attached: the kernel cannot move a program later.
 */
public sealed interface Order {
    /** After all programs of earlier phases and before all of later ones; within a phase, by name. */
    record InPhase(Phase phase) implements Order {}

    /** First. */
    record Head() implements Order {}

    /** Last. Behind a program with a final verdict it never runs. */
    record Tail() implements Order {}

    /** Right before a program or link. */
    record Before(Anchor anchor) implements Order {}

    /** Right after a program or link. */
    record After(Anchor anchor) implements Order {}

    /** What {@link Before} and {@link After} refer to. */
    sealed interface Anchor {
        /** An attachment of this platform, by the name its owner gave it. */
        record Named(String attachment) implements Anchor {}

        /** A link, by the kernel's id. */
        record LinkId(int id) implements Anchor {}

        /** A program, by the kernel's id. */
        record ProgramId(int id) implements Anchor {}
    }
}
