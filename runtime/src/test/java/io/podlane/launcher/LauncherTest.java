// SPDX-License-Identifier: Apache-2.0
package io.podlane.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Starting, and starting again. */
class LauncherTest {
    @TempDir
    Path folder;

    private Agent agent() throws Exception {
        return new Agent(folder).with(TestBundle.make(folder, "it", "1.0.0", "plain"), "test.it");
    }

    @Test
    void secondStartTakesTheBundlesFromTheCache() throws Exception {
        try (Agent agent = agent().start()) {
            long installed = agent.bundle("test.it").orElseThrow().getLastModified();
            agent.stop();
            agent.start();
            assertEquals(installed, agent.bundle("test.it").orElseThrow().getLastModified());
        }
    }

    @Test
    void changedJarOfTheDistributionIsTakenIn() throws Exception {
        try (Agent agent = agent().start()) {
            agent.stop();
            agent.with(TestBundle.make(folder, "it", "1.1.0", "plain"), "test.it")
                    .start();
            assertEquals("1.1.0", agent.active("test.it"));
        }
    }

    @Test
    void jarThatLeftTheDistributionIsUninstalled() throws Exception {
        try (Agent agent = agent().start()) {
            agent.stop();
            Files.delete(agent.home.resolve("bundles/test.it.jar"));
            agent.start();
            assertEquals("none", agent.active("test.it"));
        }
    }

    @Test
    void bundleThatWasChangedWithoutATraceInTheStateFolderIsPutRight() throws Exception {
        try (Agent agent = agent().start()) {
            // As an agent that is killed in the middle of an update leaves it.
            try (var in = Files.newInputStream(TestBundle.make(folder, "it", "9.0.0", "plain"))) {
                agent.bundle("test.it").orElseThrow().update(in);
            }
            agent.stop();
            agent.start();
            assertEquals("1.0.0", agent.active("test.it"));
        }
    }

    @Test
    void corruptCacheIsBuiltAgain() throws Exception {
        try (Agent agent = agent().start()) {
            agent.stop();
            try (var files = Files.walk(agent.stateDir.resolve("cache"))) {
                for (Path file : files.filter(Files::isRegularFile).toList()) {
                    Files.writeString(file, "this is not what was written here");
                }
            }
            agent.start();
            assertEquals("1.0.0", agent.active("test.it"));
            assertEquals("ready", agent.status().get("state").getAsString());
        }
    }

    @Test
    void oneCorruptJarInTheCacheIsInstalledAgain() throws Exception {
        try (Agent agent = agent().start()) {
            long id = agent.bundle("test.it").orElseThrow().getBundleId();
            agent.stop();
            try (var files = Files.walk(agent.stateDir.resolve("cache/bundle" + id))) {
                for (Path file :
                        files.filter(f -> f.toString().endsWith(".jar")).toList()) {
                    Files.write(file, new byte[100]);
                }
            }
            agent.start();
            assertEquals("1.0.0", agent.active("test.it"));
        }
    }

    @Test
    void stoppedBundleStaysStopped() throws Exception {
        try (Agent agent = agent().start()) {
            agent.bundle("test.it").orElseThrow().stop();
            agent.stop();
            agent.start();
            assertEquals("none", agent.active("test.it"));
        }
    }
}
