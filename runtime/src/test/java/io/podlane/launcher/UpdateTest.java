// SPDX-License-Identifier: Apache-2.0
package io.podlane.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;
import org.osgi.framework.startlevel.BundleStartLevel;

/** {@code podlane:update} in a real framework: all or nothing. */
class UpdateTest {
    @TempDir
    Path folder;

    private Agent agent;

    @BeforeEach
    void prepare() throws Exception {
        agent = new Agent(folder).with(TestBundle.make(folder, "it", "1.0.0", "plain"), "test.it");
    }

    @AfterEach
    void stop() throws Exception {
        agent.close();
    }

    private Agent.Result update(String name, Path jar) throws Exception {
        return agent.podlane("podlane:update", name, jar.toString());
    }

    private void assertRolledBack(Agent.Result result, String reason) throws Exception {
        assertEquals(1, result.status(), result::toString);
        assertTrue(result.err().contains(reason), result.err());
        assertTrue(result.err().contains("test.it 1.0.0 runs again"), result.err());
        assertEquals("1.0.0", agent.active("test.it"));
        assertEquals("[]", agent.problems(), "the roll-back leaves nothing to complain about");
    }

    @Test
    void updatedBundleRunsNowAndAfterARestart() throws Exception {
        agent.start();
        var result = update("test.it", TestBundle.make(folder, "it", "1.1.0", "plain"));
        assertEquals(0, result.status(), result::toString);
        assertTrue(result.out().startsWith("updated test.it 1.0.0 to 1.1.0 in "), result.out());
        assertEquals("1.1.0", agent.active("test.it"));
        agent.stop();
        agent.start();
        assertEquals("1.1.0", agent.active("test.it"));
    }

    @Test
    void updatedBundleRunsAlsoWhenTheCacheIsLost() throws Exception {
        agent.start();
        update("test.it", TestBundle.make(folder, "it", "1.1.0", "plain"));
        agent.stop();
        Files.move(agent.stateDir.resolve("cache"), folder.resolve("lost"));
        agent.start();
        assertEquals("1.1.0", agent.active("test.it"));
    }

    @Test
    void newerDistributionEndsAnUpdate() throws Exception {
        agent.start();
        update("test.it", TestBundle.make(folder, "it", "1.1.0", "plain"));
        agent.stop();
        agent.with(TestBundle.make(folder, "it", "1.2.0", "plain"), "test.it").start();
        assertEquals("1.2.0", agent.active("test.it"));
    }

    @Test
    void newerDistributionWithAnOlderVersionLeavesAnUpdate() throws Exception {
        agent.start();
        update("test.it", TestBundle.make(folder, "it", "1.5.0", "plain"));
        agent.stop();
        agent.with(TestBundle.make(folder, "it", "1.2.0", "plain"), "test.it").start();
        assertEquals("1.5.0", agent.active("test.it"));
    }

    @Test
    void updateThatDoesNotResolveIsRolledBack() throws Exception {
        agent.start();
        var next = TestBundle.make(folder, "it", "1.1.0", "plain", "Import-Package=no.such;version=\"[1,2)\"");
        assertRolledBack(update("test.it", next), "needs package no.such");
    }

    @Test
    void updateThatNeedsAnotherKernelIsRolledBack() throws Exception {
        agent.start();
        var next = TestBundle.make(
                folder, "it", "1.1.0", "plain", "Require-Capability=linux.kernel;filter:=\"(feature=fq)\"");
        assertRolledBack(update("test.it", next), "needs linux.kernel feature=fq, which this kernel (");
    }

    @Test
    void updateThatTheFrameworkDoesNotTakeLeavesTheBundleRunning() throws Exception {
        agent.start();
        Path next =
                TestBundle.withHeader(TestBundle.make(folder, "it", "1.1.0", "plain"), "Export-Package", "java.lang");
        long since = agent.bundle("test.it").orElseThrow().getLastModified();
        assertRolledBack(update("test.it", next), "java.*");
        assertEquals(since, agent.bundle("test.it").orElseThrow().getLastModified());
    }

    @Test
    void updateWhoseActivatorThrowsIsRolledBack() throws Exception {
        agent.start();
        var next = TestBundle.make(
                folder,
                "it",
                "1.1.0",
                "failingactivator",
                "Bundle-Activator=io.podlane.testbundles.failingactivator.FailingActivator");
        assertRolledBack(update("test.it", next), "no device nosuch0");
    }

    @Test
    void updateWhoseComponentThrowsIsRolledBackAndShowsItsWholeMessage() throws Exception {
        agent.start();
        var result = update("test.it", TestBundle.make(folder, "it", "1.1.0", "failingcomponent"));
        assertRolledBack(result, "load program x: EACCES");
        assertTrue(result.err().contains("invalid func bpf_nothing#999"), "the verifier's last line: " + result.err());
        assertFalse(result.err().contains("\tat "), "no stack trace: " + result.err());
    }

    @Test
    void updateThatTakesAServiceFromOthersIsRolledBack() throws Exception {
        agent.with(TestBundle.make(folder, "it", "1.0.0", "provider"), "test.it");
        agent.with(TestBundle.make(folder, "consumer", "1.0.0", "consumer"), "test.consumer");
        agent.start();
        var result = update("test.it", TestBundle.make(folder, "it", "1.1.0", "plain"));
        assertRolledBack(result, "waits for java.util.concurrent.Callable");
    }

    @Test
    void updateThatReportsAProblemIsRolledBack() throws Exception {
        agent.start();
        var result = update("test.it", TestBundle.make(folder, "it", "1.1.0", "complaining"));
        assertRolledBack(result, "nosuch0: there is no such device");
    }

    @Test
    void updateRestartsThoseThatImportFromIt() throws Exception {
        agent.with(TestBundle.make(folder, "it", "1.0.0", "plain", "-exportcontents=*;version=1"), "test.it");
        agent.with(
                TestBundle.make(
                        folder, "importer", "1.0.0", "consumer", "Import-Package=io.podlane.testbundles.plain,*"),
                "test.importer");
        agent.with(TestBundle.make(folder, "provider", "1.0.0", "provider"), "test.provider");
        agent.start();
        assertEquals("1.0.0", agent.active("test.importer"));
        Class<?> before = agent.bundle("test.importer").orElseThrow().loadClass("io.podlane.testbundles.plain.Nothing");
        var next = TestBundle.make(folder, "it", "1.1.0", "plain", "-exportcontents=*;version=1");
        var result = update("test.it", next);
        assertTrue(result.out().endsWith("restarted with it: test.importer\n"), result::toString);
        Class<?> after = agent.bundle("test.importer").orElseThrow().loadClass("io.podlane.testbundles.plain.Nothing");
        assertNotEquals(before, after, "the importer uses the new version's class");
        assertEquals("[]", agent.problems());
    }

    @Test
    void updateThatOthersCannotImportFromIsRolledBack() throws Exception {
        agent.with(TestBundle.make(folder, "it", "1.0.0", "plain", "-exportcontents=*;version=1"), "test.it");
        agent.with(
                TestBundle.make(
                        folder,
                        "importer",
                        "1.0.0",
                        "complaining",
                        "-dsannotations=!*",
                        "Import-Package=io.podlane.testbundles.plain;version=\"[1,2)\",*"),
                "test.importer");
        agent.start();
        var next = TestBundle.make(folder, "it", "1.1.0", "plain", "-exportcontents=*;version=2");
        assertRolledBack(update("test.it", next), "test.importer: needs package io.podlane.testbundles.plain");
        assertEquals("1.0.0", agent.active("test.importer"));
    }

    @Test
    void threeUpdatesInARowEachRun() throws Exception {
        agent.start();
        for (String version : new String[] {"1.1.0", "1.2.0", "1.3.0"}) {
            var result = update("test.it", TestBundle.make(folder, "it", version, "plain"));
            assertEquals(0, result.status(), result::toString);
            assertEquals(version, agent.active("test.it"));
        }
    }

    @Test
    void afterAFailedUpdateTheNextOneRuns() throws Exception {
        agent.start();
        update("test.it", TestBundle.make(folder, "it", "1.1.0", "failingcomponent"));
        assertEquals(
                0,
                update("test.it", TestBundle.make(folder, "it", "1.2.0", "plain"))
                        .status());
        assertEquals("1.2.0", agent.active("test.it"));
    }

    @Test
    void theOnesThatTakePartInUpdatingCanBeUpdated() throws Exception {
        agent.start();
        for (String name : new String[] {
            "io.podlane.deploy",
            "io.podlane.shell",
            "io.podlane.observe",
            "io.podlane.api",
            "io.podlane.logging",
            "org.apache.felix.scr"
        }) {
            for (String version : new String[] {"3.1.0", "3.2.0"}) {
                var result = update(name, TestBundle.release(folder, name, version));
                assertEquals(0, result.status(), result::toString);
                assertEquals(version, agent.active(name));
                assertEquals("ready", agent.status().get("state").getAsString());
            }
        }
    }

    @Test
    void updateOfTheUpdaterThatFailsIsRolledBackByTheOldOne() throws Exception {
        agent.start();
        String before = agent.active("io.podlane.deploy");
        var next = TestBundle.release(folder, "io.podlane.deploy", "3.1.0", "Import-Package=no.such");
        var result = update("io.podlane.deploy", next);
        assertEquals(1, result.status(), result::toString);
        assertTrue(result.err().contains("needs package no.such"), result.err());
        assertEquals(before, agent.active("io.podlane.deploy"));
        assertEquals(
                0,
                update("test.it", TestBundle.make(folder, "it", "1.1.0", "plain"))
                        .status());
    }

    @Test
    void updatingKeepsTheMarkThatABundleIsMeantToRun() throws Exception {
        agent.start();
        var bundle = agent.bundle("test.it").orElseThrow();
        var seen = new java.util.concurrent.atomic.AtomicBoolean(true);
        bundle.getBundleContext()
                .getBundle(0)
                .getBundleContext()
                .addBundleListener((org.osgi.framework.SynchronousBundleListener) event -> {
                    if (event.getBundle().equals(bundle)
                            && !bundle.adapt(BundleStartLevel.class).isPersistentlyStarted()) {
                        seen.set(false);
                    }
                });
        update("test.it", TestBundle.make(folder, "it", "1.1.0", "failingcomponent"));
        update("test.it", TestBundle.make(folder, "it", "1.2.0", "plain"));
        assertTrue(seen.get());
    }

    @Test
    void jarOfAnotherBundleIsRefused() throws Exception {
        agent.start();
        var result = update("test.it", TestBundle.make(folder, "other", "1.0.0", "plain"));
        assertEquals(1, result.status());
        assertTrue(result.err().contains("is test.other 1.0.0, not test.it"), result.err());
    }

    @Test
    void brokenJarIsRefusedBeforeAnythingStops() throws Exception {
        agent.start();
        Path jar = TestBundle.make(folder, "it", "1.1.0", "plain");
        byte[] bytes = Files.readAllBytes(jar);
        Files.write(jar, java.util.Arrays.copyOf(bytes, bytes.length / 2));
        long since = agent.bundle("test.it").orElseThrow().getLastModified();
        var result = update("test.it", jar);
        assertTrue(result.err().contains("is not a whole jar"), result::toString);
        assertEquals(since, agent.bundle("test.it").orElseThrow().getLastModified());
    }

    @Test
    void unknownBundleIsNamed() throws Exception {
        agent.start();
        var result = update("test.other", TestBundle.make(folder, "other", "1.0.0", "plain"));
        assertTrue(result.err().startsWith("podlane: no bundle test.other"), result::toString);
    }

    @Test
    void stoppedBundleIsUpdatedAndStaysStopped() throws Exception {
        agent.start();
        agent.bundle("test.it").orElseThrow().stop();
        assertEquals(
                0,
                update("test.it", TestBundle.make(folder, "it", "1.1.0", "plain"))
                        .status());
        assertEquals("none", agent.active("test.it"));
        assertEquals("1.1.0", agent.bundle("test.it").orElseThrow().getVersion().toString());
    }

    @Test
    void uninstalledBundleStaysAwayUntilItIsInstalledAgain() throws Exception {
        agent.start();
        assertEquals(0, agent.podlane("podlane:uninstall", "test.it").status());
        agent.stop();
        agent.start();
        assertFalse(agent.bundle("test.it").isPresent());
        var result = agent.podlane("podlane:install", "test.it");
        assertEquals("installed test.it 1.0.0\n", result.out(), result::toString);
        agent.stop();
        agent.start();
        assertEquals("1.0.0", agent.active("test.it"));
    }

    @Test
    void installedBundleIsThereAfterARestart() throws Exception {
        agent.start();
        var result = agent.podlane(
                "podlane:install",
                TestBundle.make(folder, "more", "1.0.0", "plain").toString());
        assertEquals(0, result.status(), result::toString);
        agent.stop();
        agent.start();
        assertEquals("1.0.0", agent.active("test.more"));
        assertEquals(Bundle.ACTIVE, agent.bundle("test.more").orElseThrow().getState());
    }
}
