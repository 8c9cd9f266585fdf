// SPDX-License-Identifier: Apache-2.0
package io.podlane.itests;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.podlane.lab.Commands;
import io.podlane.lab.Lab;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.w3c.dom.Element;

/** Starts an agent with the tests of itests/framework among its bundles, and reports each of them as a test of its own. */
@Tag("kernel")
class FrameworkTest {
    private static final long LIMIT_SECONDS = 180;
    private Lab lab;

    @BeforeEach
    void open() {
        lab = Lab.open();
    }

    @AfterEach
    void close() {
        lab.close();
    }

    @TestFactory
    Stream<DynamicTest> insideTheFramework() throws Exception {
        Path reports = lab.folder("framework-reports");
        runAgentWithTests(reports);
        var tests = new ArrayList<DynamicTest>();
        try (var files = Files.newDirectoryStream(reports, "TEST-*.xml")) {
            for (Path file : files) {
                var cases = DocumentBuilderFactory.newInstance()
                        .newDocumentBuilder()
                        .parse(file.toFile())
                        .getElementsByTagName("testcase");
                for (int i = 0; i < cases.getLength(); i++) {
                    var test = (Element) cases.item(i);
                    tests.add(DynamicTest.dynamicTest(test.getAttribute("name"), () -> assertPassed(test)));
                }
            }
        }
        assertTrue(tests.size() > 5, "the tester ran " + tests.size() + " tests");
        return tests.stream();
    }

    private void runAgentWithTests(Path reports) throws Exception {
        var node = lab.node("node-t");
        lab.wire(node.netns(), "192.168.100.1/24", lab.netns("peer"), "192.168.100.2/24");
        Path distribution = lab.folder("distribution");
        Path repository = Lab.repository();
        Commands.run("cp", "-r", repository.resolve("runtime/target/podlane") + "/.", distribution.toString());
        Files.createDirectories(distribution.resolve("bin"));
        Commands.run("cp", repository.resolve("runtime/bin/podlane").toString(), distribution + "/bin/podlane");
        Path bundles = distribution.resolve("bundles");
        Commands.run("cp", "-r", repository.resolve("itests/framework/target/bundles") + "/.", bundles.toString());
        try (var jars = Files.newDirectoryStream(repository.resolve("itests/framework/target"), "io.podlane.*.jar")) {
            for (Path jar : jars) {
                Files.copy(jar, bundles.resolve(jar.getFileName()));
            }
        }
        String options = "-Dtester.separatethread=true -Dtester.continuous=false -Dtester.dir=" + reports;
        var command = List.of(
                "env",
                "JAVA_TOOL_OPTIONS=" + options,
                distribution + "/bin/podlane",
                "agent",
                "--uplink",
                "eth0",
                "--node",
                "node-t",
                "--state-dir",
                node.stateDir().toString(),
                "--bpffs",
                node.bpffs().toString(),
                "--cgroup",
                lab.cgroup().toString());
        Process agent = node.netns().start(command.toArray(String[]::new));
        lab.own(() -> agent.destroyForcibly().onExit().join());
        if (!agent.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
            fail("the tests in the framework did not end within " + LIMIT_SECONDS + " s");
        }
    }

    private static void assertPassed(Element test) {
        for (String tag : List.of("failure", "error")) {
            if (test.getElementsByTagName(tag).item(0) instanceof Element e) {
                fail(e.getAttribute("message") + "\n" + e.getTextContent());
            }
        }
    }
}
