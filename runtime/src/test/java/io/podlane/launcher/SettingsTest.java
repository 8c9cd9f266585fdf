// SPDX-License-Identifier: Apache-2.0
package io.podlane.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Settings from JSON files, in a real framework. */
class SettingsTest {
    @TempDir
    Path folder;

    private Agent agent;
    private Path own;

    @BeforeEach
    void start() throws Exception {
        agent = new Agent(folder);
        Files.createDirectories(agent.home.resolve("etc"));
        Files.writeString(agent.home.resolve("etc/all.json"), "{\"test.pid\": {\"a\": 1, \"b\": 2}}");
        agent.start();
        own = agent.stateDir.resolve("etc/own.json");
    }

    @AfterEach
    void stop() throws Exception {
        agent.close();
    }

    @Test
    void nodesOwnSettingsWinAndChangesApplyLive() throws Exception {
        assertEquals("{a=1, b=2}", agent.configuration("test.pid"));
        Files.writeString(own, "{\"test.pid\": {\"b\": 3}}");
        Agent.await("b is 3", () -> agent.configuration("test.pid").equals("{a=1, b=3}"));
        Files.delete(own);
        Agent.await("b is 2 again", () -> agent.configuration("test.pid").equals("{a=1, b=2}"));
    }

    @Test
    void brokenFileIsReportedAndWhatItSaidBeforeHolds() throws Exception {
        Files.writeString(own, "{\"test.pid\": {\"b\": 3}}");
        Agent.await("b is 3", () -> agent.configuration("test.pid").equals("{a=1, b=3}"));
        Files.writeString(own, "{\"test.pid\": {\"b\" 4}}");
        Agent.await("the problem", () -> agent.reported().contains("own.json: Expected ':' at line 1 column"));
        assertTrue(agent.problems().contains("what it said before still holds"), agent.problems());
        assertEquals("{a=1, b=3}", agent.configuration("test.pid"));
        Files.writeString(own, "{}");
        Agent.await("b is 2", () -> agent.configuration("test.pid").equals("{a=1, b=2}"));
        assertEquals("[]", agent.problems());
    }

    @Test
    void settingsThatGoWhileTheAgentIsDownAreGone() throws Exception {
        agent.stop();
        Files.delete(agent.home.resolve("etc/all.json"));
        agent.start();
        assertEquals("none", agent.configuration("test.pid"));
    }
}
