// SPDX-License-Identifier: Apache-2.0
package io.podlane.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The command line client against an agent. */
class ClientTest {
    @TempDir
    static Path folder;

    private static Agent agent;

    @BeforeAll
    static void start() throws Exception {
        agent = new Agent(folder).start();
    }

    @AfterAll
    static void stop() throws Exception {
        agent.close();
    }

    private static Agent.Result client(String input, String... arguments) throws Exception {
        var command = new java.util.ArrayList<>(List.of(Agent.CLIENT.toString()));
        command.addAll(List.of(arguments));
        return Agent.run(input, command);
    }

    @Test
    void statusIsOneObjectInJson() throws Exception {
        assertEquals(
                Set.of("state", "node", "kernel", "capabilities", "bundles", "problems"),
                agent.status().keySet());
        assertEquals("here", agent.status().get("node").getAsString());
        assertEquals("[\"tcx\",\"veth\"]", agent.status().get("capabilities").toString());
    }

    @Test
    void statusFitsOneScreen() throws Exception {
        var result = agent.podlane("podlane:status");
        assertTrue(result.out().lines().count() <= 24, result.out());
        assertTrue(result.out().startsWith("state         ready\n"), result.out());
    }

    @Test
    void bundleThatTheKernelCannotServeSaysWhyAndIsNoProblem() throws Exception {
        String bundles = agent.status().get("bundles").toString();
        assertTrue(bundles.contains("needs linux.kernel feature=netkit, which this kernel ("), bundles);
        assertEquals("ready", agent.status().get("state").getAsString());
    }

    @Test
    void commandWithoutScopeIsFound() throws Exception {
        assertEquals(
                agent.podlane("podlane:status").out(), agent.podlane("status").out());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a b",
                "$x",
                "\"q\"",
                "it's",
                "%y",
                "{z}",
                "[1]",
                "\\",
                "`",
                "*",
                "~",
                " ",
                ";",
                "|",
                "&",
                "<",
                "#",
                "(a)",
                "a=b",
                "--x",
                "!",
                "$(pwd)",
                "10.0.0.1,fd00::1",
                "{a,b}",
                "/run/*",
                "ä€",
                "a\nb",
                "\"",
                "'",
                "\\'",
                "a\\b",
                "",
                "-",
                "@x",
                "^",
                "?",
                "-o",
                "1",
                "true",
                "null",
                ".",
                "/"
            })
    void argumentArrivesAsItWas(String argument) throws Exception {
        var result = agent.podlane("podlane:uninstall", argument);
        assertEquals("podlane: no bundle " + argument + "; `podlane:status -o json` lists the bundles\n", result.err());
        assertEquals(1, result.status());
    }

    @Test
    void oneArgumentIsAWholeCommandLine() throws Exception {
        assertEquals(
                "ready",
                client("", "--state-dir", agent.stateDir.toString(), "x = ready; $x")
                        .out()
                        .strip());
    }

    @Test
    void fileNamesAreRelativeToTheClientsFolder() throws Exception {
        TestBundle.make(folder.resolve("here"), "rel", "1.0.0", "plain");
        var command = List.of(
                "sh",
                "-c",
                "cd " + folder.resolve("here") + " && " + Agent.CLIENT + " --state-dir " + agent.stateDir
                        + " podlane:install test.rel-1.0.0.jar");
        var result = Agent.run("", command);
        assertEquals("installed test.rel 1.0.0\n", result.out(), result::toString);
        assertEquals(0, agent.podlane("podlane:uninstall", "test.rel").status());
    }

    @Test
    void aClosedOutputIsAFailureAndNothingIsSentToTheAgentInstead() throws Exception {
        var result = Agent.run(
                "",
                List.of(
                        "sh",
                        "-c",
                        Agent.CLIENT + " --state-dir " + agent.stateDir + " podlane:status >&-; echo $? >&2"));
        assertEquals("1\n", result.err());
    }

    @Test
    void aCommandLineTooDeepForTheShellIsRefused() throws Exception {
        var result = client("", "--state-dir", agent.stateDir.toString(), "(".repeat(20_000));
        assertEquals("podlane: java.lang.StackOverflowError\n", result.err());
        assertEquals(1, result.status());
    }

    @Test
    void unknownCommandIsNamedOnStandardError() throws Exception {
        var result = agent.podlane("no:such");
        assertEquals(1, result.status());
        assertEquals("", result.out());
        assertEquals("podlane: Command not found: no:such (`podlane help` lists the commands)\n", result.err());
    }

    @Test
    void wrongArgumentsPointToTheHelp() throws Exception {
        var result = agent.podlane("podlane:update", "one");
        assertEquals(1, result.status());
        assertTrue(result.err().contains("podlane help COMMAND"), result.err());
    }

    @Test
    void unknownFormatIsRefused() throws Exception {
        var result = agent.podlane("podlane:status", "-o", "xml");
        assertEquals("podlane: -o xml: the formats are table and json\n", result.err());
        assertEquals(1, result.status());
    }

    @Test
    void shellRunsLinesInOneSession() throws Exception {
        var result = client("x = 42\n\n$x\nno:such\n$x\n", "--state-dir", agent.stateDir.toString(), "shell");
        assertEquals("42\n42\n42\n", result.out(), result::toString);
        assertTrue(result.err().contains("no:such"), result.err());
        assertEquals(0, result.status());
    }

    @Test
    void shellGoesOnAfterAnUpdateOfTheShell() throws Exception {
        Path next = TestBundle.release(folder, "io.podlane.shell", "3.1.0");
        var result = client(
                "x = 42\npodlane:update io.podlane.shell '" + next + "'\n$x\nno:such\n",
                "--state-dir",
                agent.stateDir.toString(),
                "shell");
        assertTrue(result.out().endsWith("\n42\n"), result::toString);
        assertTrue(result.err().contains("no:such"), result::toString);
        assertEquals("3.1.0", agent.active("io.podlane.shell"));
    }

    @Test
    void withoutAnAgentTheStateFolderIsNamedAtOnce() throws Exception {
        Path none = folder.resolve("none");
        long start = System.nanoTime();
        var result = client("", "--state-dir", none.toString(), "podlane:status");
        assertEquals(3, result.status());
        assertEquals(
                "podlane: no agent is running with state folder " + none + " (another? say --state-dir DIR)\n",
                result.err());
        assertTrue(System.nanoTime() - start < 4_000_000_000L, "it did not wait");
    }

    @Test
    void clientWaitsForAnAgentThatStarts() throws Exception {
        var other = new Agent(folder.resolve("other"));
        try (var channel = FileChannel.open(
                        other.stateDir.resolve("agent.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                var lock = channel.lock()) {
            var result = CompletableFuture.supplyAsync(() -> {
                try {
                    return other.podlane("podlane:status");
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            });
            assertTrue(lock.isValid());
            other.start();
            assertEquals(0, result.get().status(), () -> result.join().toString());
        } finally {
            other.close();
        }
    }

    @Test
    void socketIsForItsOwnerAlone() throws Exception {
        assertEquals(
                "rw-------",
                PosixFilePermissions.toString(Files.getPosixFilePermissions(agent.stateDir.resolve("podlane.sock"))));
        try (var left = Files.list(agent.stateDir)) {
            assertFalse(left.anyMatch(path -> path.getFileName().toString().startsWith(".s")));
        }
    }

    @Test
    void otherUsersAreRefusedEvenIfTheSocketIsOpenToThem() throws Exception {
        assumeTrue(System.getProperty("user.name").equals("root"), "only root can become another user");
        Path open = Files.createTempDirectory(Path.of("/tmp"), "podlane-open");
        try (var other = new Agent(open).start()) {
            for (Path path : List.of(open, other.stateDir)) {
                Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
            }
            Files.setPosixFilePermissions(
                    other.stateDir.resolve("podlane.sock"), PosixFilePermissions.fromString("rw-rw-rw-"));
            var client = Files.copy(Agent.CLIENT, open.resolve("podlane"));
            var result = Agent.run(
                    "",
                    List.of(
                            "setpriv",
                            "--reuid=65534",
                            "--regid=65534",
                            "--clear-groups",
                            client.toString(),
                            "--state-dir",
                            other.stateDir.toString(),
                            "podlane:status"));
            assertEquals("podlane: only root and the agent's own user may give it commands\n", result.err());
            assertEquals(1, result.status());
        } finally {
            Launcher.deleteTree(open);
        }
    }

    @Test
    void purgeEndsTheAgentAndStillAnswers() throws Exception {
        try (var other = new Agent(folder.resolve("purged")).start()) {
            var result = other.podlane("podlane:purge");
            assertEquals("purged; the agent ends\n", result.out(), result::toString);
            assertEquals(0, result.status());
            other.awaitEnd();
            assertFalse(Files.exists(other.stateDir.resolve("podlane.sock")));
        }
    }

    @Test
    void optionThatTheAgentDoesNotKnowIsNamed() throws Exception {
        var result = client("", "agent", "--colour", "blue");
        assertEquals(2, result.status());
        assertTrue(result.err().contains("unknown option --colour"), result.err());
    }
}
