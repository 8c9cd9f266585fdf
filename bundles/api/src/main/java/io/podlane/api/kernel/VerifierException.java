// SPDX-License-Identifier: Apache-2.0
package io.podlane.api.kernel;

/** The kernel's verifier rejected a program. Carries the verifier's log; the message holds its last, telling lines. */
public final class VerifierException extends KernelException {
    private static final long serialVersionUID = 1L;
    private static final int TELLING_LINES = 6;

    private final String log;

    /**
     * @param program the program's name
     * @param object the BPF object it stands in
     * @param errno the kernel's answer, most often EINVAL or EACCES
     * @param log the verifier's whole log
     */
    public VerifierException(String program, String object, Errno errno, String log) {
        super("load program " + program, object, errno, "the verifier rejected it:\n" + tail(log));
        this.log = log;
    }

    private static String tail(String log) {
        String[] lines = log.strip().split("\n");
        int from = Math.max(0, lines.length - TELLING_LINES);
        return String.join("\n", java.util.Arrays.asList(lines).subList(from, lines.length));
    }

    /** The verifier's whole log. */
    public String log() {
        return log;
    }
}
