// SPDX-License-Identifier: Apache-2.0
package io.podlane.lab;

import java.util.ArrayList;
import java.util.List;

/**
 * {@code make lab}: the demo's two nodes and four pods, and a shell (or the command given) to play with them. Its
 * functions: {@code a COMMAND…} and {@code b COMMAND…} run a podlane command on a node; {@code at NAMESPACE COMMAND…} runs
 * a program on a node ({@code node-a}) or in a pod ({@code node-a-client-a}).
 */
public final class Playground {
    private static final String FUNCTIONS =
            """
            a() { "$PODLANE" --state-dir "$LAB/state-node-a" "$@"; }
            b() { "$PODLANE" --state-dir "$LAB/state-node-b" "$@"; }
            at() { local ns=$1; shift; nsenter --net="$LAB/netns/$ns" "$@"; }
            PS1='podlane lab> '
            """;

    private Playground() {}

    public static void main(String[] args) throws Exception {
        try (var two = TwoNodes.startWithPods()) {
            var file = two.lab().folder("playground").resolve("functions");
            java.nio.file.Files.writeString(file, FUNCTIONS);
            var command = new ArrayList<>(List.of("bash"));
            if (args.length == 0) {
                System.out.println("a COMMAND…, b COMMAND…: podlane on a node; at NAMESPACE COMMAND…: node-a, node-b,"
                        + " node-a-client-a, node-a-web-a, node-b-client-b, node-b-web-b");
                command.addAll(List.of("--rcfile", file.toString(), "-i"));
            } else {
                command.addAll(List.of("-c", ". " + file + "\n" + String.join(" ", args)));
            }
            var shell = new ProcessBuilder(command).inheritIO();
            shell.environment().put("LAB", two.lab().folder(".").normalize().toString());
            shell.environment().put("PODLANE", Node.client().toString());
            shell.environment()
                    .put(
                            "TRAFFIC",
                            Lab.repository().resolve("itests/target/traffic").toString());
            System.exit(shell.start().waitFor());
        }
    }
}
