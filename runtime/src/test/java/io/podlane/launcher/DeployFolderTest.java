// SPDX-License-Identifier: Apache-2.0
package io.podlane.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The hot-deploy folder in a real framework. */
class DeployFolderTest {
    @TempDir
    Path folder;

    private Agent agent;
    private Path deploy;

    @BeforeEach
    void start() throws Exception {
        agent = new Agent(folder)
                .with(TestBundle.make(folder, "it", "1.0.0", "plain"), "test.it")
                .start();
        deploy = agent.stateDir.resolve("deploy");
    }

    @AfterEach
    void stop() throws Exception {
        agent.close();
    }

    private void drop(Path jar, String name) throws Exception {
        Path unfinished = deploy.resolve("." + name);
        Files.copy(jar, unfinished);
        Files.move(unfinished, deploy.resolve(name), StandardCopyOption.ATOMIC_MOVE);
    }

    private void awaitActive(String name, String version) throws Exception {
        Agent.await(name + " " + version, () -> agent.active(name).equals(version));
    }

    private void awaitProblem(String text) throws Exception {
        Agent.await("problem " + text, () -> {
            try {
                return agent.problems().contains(text);
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
    }

    private void awaitNoProblem() throws Exception {
        Agent.await("no problem", () -> {
            try {
                return agent.problems().equals("[]");
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
    }

    @Test
    void folderIsForItsOwnerAlone() throws Exception {
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(deploy)));
    }

    @Test
    void jarIsInstalledUpdatedAndRemoved() throws Exception {
        drop(TestBundle.make(folder, "more", "1.0.0", "plain"), "more.jar");
        awaitActive("test.more", "1.0.0");
        drop(TestBundle.make(folder, "more", "1.1.0", "plain"), "more.jar");
        awaitActive("test.more", "1.1.0");
        Files.delete(deploy.resolve("more.jar"));
        Agent.await("removed", () -> agent.bundle("test.more").isEmpty());
        assertEquals("[]", agent.problems());
    }

    @Test
    void jarOfANewVersionUnderAnotherNameTakesTheBundleOver() throws Exception {
        drop(TestBundle.make(folder, "more", "1.0.0", "plain"), "more-1.0.jar");
        awaitActive("test.more", "1.0.0");
        drop(TestBundle.make(folder, "more", "1.1.0", "plain"), "more-1.1.jar");
        awaitActive("test.more", "1.1.0");
        Files.delete(deploy.resolve("more-1.0.jar"));
        drop(TestBundle.make(folder, "next", "1.0.0", "plain"), "next.jar");
        awaitActive("test.next", "1.0.0");
        assertEquals("1.1.0", agent.active("test.more"));
    }

    @Test
    void jarOfTheDistributionsBundleUpdatesItAndItsRemovalTakesTheUpdateBack() throws Exception {
        drop(TestBundle.make(folder, "it", "1.1.0", "plain"), "it.jar");
        awaitActive("test.it", "1.1.0");
        Files.delete(deploy.resolve("it.jar"));
        awaitActive("test.it", "1.0.0");
    }

    @Test
    void jarThatIsWrittenSlowlyIsTakenWhenItIsWhole() throws Exception {
        byte[] bytes = Files.readAllBytes(TestBundle.make(folder, "slow", "1.0.0", "plain"));
        try (OutputStream out = Files.newOutputStream(deploy.resolve("slow.jar"))) {
            out.write(bytes, 0, bytes.length / 2);
            out.flush();
            drop(TestBundle.make(folder, "other", "1.0.0", "plain"), "other.jar");
            awaitActive("test.other", "1.0.0");
            out.write(bytes, bytes.length / 2, bytes.length - bytes.length / 2);
        }
        awaitActive("test.slow", "1.0.0");
        awaitNoProblem();
    }

    @Test
    void truncatedJarIsReportedAndLeftAlone() throws Exception {
        byte[] bytes = Files.readAllBytes(TestBundle.make(folder, "half", "1.0.0", "plain"));
        Files.write(deploy.resolve("half.jar"), Arrays.copyOf(bytes, bytes.length / 2));
        awaitProblem("half.jar is not a whole jar");
        assertTrue(Files.exists(deploy.resolve("half.jar")));
        Files.write(deploy.resolve("half.jar"), bytes);
        awaitActive("test.half", "1.0.0");
        awaitNoProblem();
    }

    @Test
    void namedPipeIsReportedAndHoldsUpNobody() throws Exception {
        assertEquals(
                0,
                new ProcessBuilder("mkfifo", deploy.resolve("pipe.jar").toString())
                        .start()
                        .waitFor());
        awaitProblem("pipe.jar is no regular file");
        drop(TestBundle.make(folder, "more", "1.0.0", "plain"), "more.jar");
        awaitActive("test.more", "1.0.0");
    }

    @Test
    void damagedJarIsReported() throws Exception {
        byte[] bytes = Files.readAllBytes(TestBundle.make(folder, "bad", "1.0.0", "plain", "-compression=STORE"));
        String text = new String(bytes, java.nio.charset.StandardCharsets.ISO_8859_1);
        bytes[text.indexOf("SourceFile") + 2] ^= 1;
        Files.write(deploy.resolve("bad.jar"), bytes);
        awaitProblem("bad.jar is damaged: the checksum of io/podlane/testbundles/plain/Nothing.class is wrong");
    }

    @Test
    void updateThatFailsIsReportedAndTheBundleGoesOn() throws Exception {
        drop(TestBundle.make(folder, "it", "1.1.0", "failingcomponent"), "it.jar");
        awaitProblem("test.it 1.1.0 was refused; test.it 1.0.0 runs again: ");
        assertEquals("1.0.0", agent.active("test.it"));
        Files.delete(deploy.resolve("it.jar"));
        awaitNoProblem();
        assertEquals("1.0.0", agent.active("test.it"));
    }

    @Test
    void newBundleThatFailsIsReportedAndNotKept() throws Exception {
        drop(TestBundle.make(folder, "more", "1.0.0", "failingcomponent"), "more.jar");
        awaitProblem("test.more 1.0.0 was refused: ");
        assertTrue(agent.bundle("test.more").isEmpty());
    }

    @Test
    void jarThatNeedsAnotherWaitsForIt() throws Exception {
        drop(
                TestBundle.make(folder, "a", "1.0.0", "consumer", "Import-Package=io.podlane.testbundles.plain,*"),
                "a.jar");
        awaitProblem("needs package io.podlane.testbundles.plain");
        drop(TestBundle.make(folder, "b", "1.0.0", "plain", "-exportcontents=*"), "b.jar");
        awaitActive("test.a", "1.0.0");
    }

    @Test
    void deployedJarIsThereAfterARestartAndOneRemovedMeanwhileIsNot() throws Exception {
        drop(TestBundle.make(folder, "stays", "1.0.0", "plain"), "stays.jar");
        drop(TestBundle.make(folder, "goes", "1.0.0", "plain"), "goes.jar");
        awaitActive("test.stays", "1.0.0");
        awaitActive("test.goes", "1.0.0");
        agent.stop();
        Files.delete(deploy.resolve("goes.jar"));
        Files.copy(TestBundle.make(folder, "comes", "1.0.0", "plain"), deploy.resolve("comes.jar"));
        agent.start();
        assertEquals("1.0.0", agent.active("test.stays"), "when the agent is ready, so is what was deployed");
        assertEquals("1.0.0", agent.active("test.comes"));
        assertTrue(agent.bundle("test.goes").isEmpty());
    }

    @Test
    void updaterDroppedIntoTheFolderReplacesItself() throws Exception {
        drop(TestBundle.release(folder, "io.podlane.deploy", "3.1.0"), "deploy.jar");
        awaitActive("io.podlane.deploy", "3.1.0");
        drop(TestBundle.make(folder, "more", "1.0.0", "plain"), "more.jar");
        awaitActive("test.more", "1.0.0");
        assertEquals("[]", agent.problems());
    }

    @Test
    void folderThatEverybodyMayWriteIsRefused() throws Exception {
        Files.setPosixFilePermissions(deploy, PosixFilePermissions.fromString("rwxrwxrwx"));
        Files.copy(TestBundle.make(folder, "more", "1.0.0", "plain"), deploy.resolve("more.jar"));
        awaitProblem("writable by everybody");
        assertTrue(agent.bundle("test.more").isEmpty());
    }
}
