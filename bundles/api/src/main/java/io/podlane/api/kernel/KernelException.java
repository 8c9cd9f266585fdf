// SPDX-License-Identifier: Apache-2.0
package io.podlane.api.kernel;

import java.util.Objects;
import java.util.Optional;

/**
 * The kernel refused an operation. The message says what was attempted, on what, what the kernel answered, and, where
 * there is one, what to do about it.
 */
public class KernelException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String operation;
    private final String subject;
    private final Errno errno;
    private final String detail;

    /**
     * @param operation what was attempted, as a verb phrase: {@code attach program podlane_route}
     * @param subject what it was attempted on: {@code eth0 tcx ingress}
     * @param errno the kernel's answer
     * @param detail the kernel's own words (extended ack, verifier log) or advice; may be empty
     */
    public KernelException(String operation, String subject, Errno errno, String detail) {
        super(message(operation, subject, errno, detail));
        this.operation = operation;
        this.subject = subject;
        this.errno = Objects.requireNonNull(errno);
        this.detail = detail == null ? "" : detail;
    }

    /** As above, with nothing to add to the error number. */
    public KernelException(String operation, String subject, Errno errno) {
        this(operation, subject, errno, "");
    }

    private static String message(String operation, String subject, Errno errno, String detail) {
        String advice = errno.advice();
        return operation + ": " + subject + ": " + errno
                + (detail == null || detail.isBlank() ? "" : ": " + detail.strip())
                + (advice.isEmpty() ? "" : " (" + advice + ")");
    }

    /** What was attempted. */
    public String operation() {
        return operation;
    }

    /** What it was attempted on. */
    public String subject() {
        return subject;
    }

    /** The kernel's answer. */
    public Errno errno() {
        return errno;
    }

    /** The kernel's own words, if it had any. */
    public Optional<String> detail() {
        return detail.isBlank() ? Optional.empty() : Optional.of(detail);
    }
}
