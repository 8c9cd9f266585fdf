// SPDX-License-Identifier: Apache-2.0
package io.podlane.observe;

import java.util.List;

/**
 * How the agent is.
 *
 * @param state {@code ready}, or {@code degraded} when there is a problem
 * @param kernel the release of the running kernel
 * @param capabilities the kernel features that were found by trying
 */
record Status(
        String state,
        String node,
        String kernel,
        List<String> capabilities,
        List<BundleStatus> bundles,
        List<ProblemStatus> problems) {

    /**
     * @param state the framework's: {@code ACTIVE}, {@code RESOLVED}, {@code INSTALLED} (what it needs is not there), …
     * @param reason why the bundle is not active; empty if it is
     */
    record BundleStatus(String name, String version, String state, String reason) {}

    record ProblemStatus(String bundle, String subject, String message) {}

    /** One screen for a person: bundles only where there is something to say. */
    String text() {
        var text = new StringBuilder();
        line(text, "state", state);
        line(text, "node", node);
        line(text, "kernel", kernel);
        line(text, "capabilities", capabilities.isEmpty() ? "none" : String.join(", ", capabilities));
        long active = bundles.stream().filter(b -> b.state().equals("ACTIVE")).count();
        line(text, "bundles", active + " of " + bundles.size() + " active");
        for (BundleStatus bundle : bundles) {
            if (!bundle.reason().isEmpty()) {
                text.append("  ").append(bundle.name()).append(' ').append(bundle.version());
                text.append(' ')
                        .append(bundle.state())
                        .append(": ")
                        .append(bundle.reason())
                        .append('\n');
            }
        }
        line(text, "problems", problems.isEmpty() ? "none" : Integer.toString(problems.size()));
        for (ProblemStatus problem : problems) {
            text.append("  ").append(problem.bundle()).append(": ").append(problem.subject());
            text.append(": ")
                    .append(problem.message().strip().replace("\n", "\n    "))
                    .append('\n');
        }
        return text.toString();
    }

    private static void line(StringBuilder text, String name, String value) {
        text.append(String.format("%-13s %s%n", name, value));
    }
}
