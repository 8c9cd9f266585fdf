// SPDX-License-Identifier: Apache-2.0
package io.podlane.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.podlane.lab.Commands;
import io.podlane.lab.Lab;
import io.podlane.lab.NextRelease;
import io.podlane.lab.Node;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What README.md says, done as it says. */
@Tag("kernel")
class ReadmeTest {
    private static final Pattern COMMAND = Pattern.compile("`podlane ([a-z]+:[^`]+)`");
    private static final Pattern MAKE = Pattern.compile("(?m)(?:^|`)make ([a-z]+)");

    private Lab lab;
    private Node node;
    private String readme;

    @BeforeEach
    void start() throws IOException {
        readme = Files.readString(Lab.repository().resolve("README.md"));
        lab = Lab.open();
        node = lab.node("node-a");
        lab.wire(node.netns(), "192.168.100.1/24", lab.netns("wire"), "192.168.100.2/24");
        node.startAgent(lab.folder("manifests"));
    }

    @AfterEach
    void stop() {
        lab.close();
    }

    @Test
    void everyCommandOfTheTasksWorksAsItIsWritten() {
        List<String> commands = COMMAND.matcher(readme)
                .results()
                .map(found -> found.group(1))
                .filter(command -> !command.contains("…"))
                .toList();
        assertTrue(commands.size() >= 9, commands::toString);
        assertTrue(commands.get(commands.size() - 1).equals("podlane:purge"), "the last one ends the agent");
        String netns = lab.netns("web-1").path().toString();
        String jar = NextRelease.of(lab, "hostrouting", 2).toString();
        for (String command : commands) {
            String here = command.replace("/run/netns/web-1", netns).replace("hostrouting-0.2.0.jar", jar);
            var result = node.podlane(here.split(" "));
            assertEquals(0, result.status(), () -> command + ": " + result.err());
        }
        assertEquals(0, node.awaitEnd());
    }

    @Test
    void everyMakeTargetItNamesIsThere() {
        List<String> targets = MAKE.matcher(readme)
                .results()
                .map(found -> found.group(1))
                .distinct()
                .toList();
        assertTrue(targets.containsAll(List.of("demo", "test", "build", "lab", "bench", "format")), targets::toString);
        for (String target : targets) {
            var dry = Commands.tryRun("make", "-C", Lab.repository().toString(), "-n", target);
            assertEquals(0, dry.status(), () -> "make " + target + ": " + dry.err());
        }
    }

    @Test
    void everyFileItLinksToIsThere() {
        Pattern.compile("\\]\\(([^)#]+)\\)")
                .matcher(readme)
                .results()
                .map(found -> found.group(1))
                .filter(link -> !link.contains("://"))
                .forEach(link -> assertTrue(Files.exists(Lab.repository().resolve(link)), link));
    }

    @Test
    void theExampleExtensionIsTheOneThatIsTested() throws IOException {
        String example =
                readme.substring(readme.indexOf("```java") + 7, readme.indexOf("```", readme.indexOf("```java") + 7));
        String tested = Files.readString(
                Lab.repository().resolve("itests/extension/src/main/java/org/example/counter/PacketCounter.java"));
        for (String name : new String[] {"counter", "example_count", "/count.bpf.o", "POD_INGRESS", "CLASSIFY"}) {
            assertTrue(example.contains(name) && tested.contains(name), name);
        }
        assertTrue(Arrays.stream(example.split("\n")).count() < 20, "it stays short");
    }
}
