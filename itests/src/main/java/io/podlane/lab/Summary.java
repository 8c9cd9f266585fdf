// SPDX-License-Identifier: Apache-2.0
package io.podlane.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Element;

/**
 * Sums up JUnit reports of several layers. A test that one layer skipped must have run in another, and a layer that ran no
 * test has failed.
 */
public final class Summary {
    private enum Outcome {
        PASSED,
        FAILED,
        SKIPPED
    }

    private record Case(Outcome outcome, String message) {}

    private Summary() {}

    public static void main(String[] args) throws Exception {
        Path reports = Path.of(args[0]);
        var layers = new LinkedHashMap<String, Map<String, Case>>();
        for (String layer : List.of(args).subList(1, args.length)) {
            layers.put(layer, read(reports.resolve(layer)));
        }
        int passed = 0;
        int skipped = 0;
        var failures = new ArrayList<String>();
        System.out.println("\n== summary ==");
        for (var layer : layers.entrySet()) {
            var counts = new int[Outcome.values().length];
            layer.getValue().forEach((name, result) -> {
                counts[result.outcome.ordinal()]++;
                if (result.outcome == Outcome.FAILED) {
                    failures.add(layer.getKey() + ": " + name + ": " + result.message);
                }
            });
            passed += counts[Outcome.PASSED.ordinal()];
            System.out.printf(
                    "%-7s %4d passed, %d failed, %d skipped%n", layer.getKey(), counts[0], counts[1], counts[2]);
            if (counts[Outcome.PASSED.ordinal()] == 0) {
                failures.add(layer.getKey() + ": no test passed");
            }
        }
        for (var layer : layers.entrySet()) {
            for (var test : layer.getValue().entrySet()) {
                if (test.getValue().outcome != Outcome.SKIPPED) {
                    continue;
                }
                skipped++;
                String ranIn = layers.entrySet().stream()
                        .filter(other -> other.getValue().containsKey(test.getKey())
                                && other.getValue().get(test.getKey()).outcome == Outcome.PASSED)
                        .map(Map.Entry::getKey)
                        .findFirst()
                        .orElse("");
                System.out.println("skipped in " + layer.getKey() + ": " + test.getKey() + " ("
                        + test.getValue().message + "); "
                        + (ranIn.isEmpty() ? "ran in NO layer of this run" : "ran in " + ranIn));
                if (ranIn.isEmpty() && layers.containsKey("native") && layers.containsKey("netkit")) {
                    failures.add(test.getKey() + ": skipped in every layer");
                }
            }
        }
        failures.forEach(failure -> System.out.println("FAILED " + failure));
        System.out.println(passed + " passed, " + failures.size() + " failed, " + skipped + " skipped");
        System.exit(failures.isEmpty() ? 0 : 1);
    }

    private static Map<String, Case> read(Path folder) throws Exception {
        var cases = new TreeMap<String, Case>();
        if (!Files.isDirectory(folder)) {
            return cases;
        }
        try (var files = Files.walk(folder)) {
            for (Path file : (Iterable<Path>) files.filter(Summary::isReport)::iterator) {
                read(file, cases);
            }
        }
        return cases;
    }

    private static boolean isReport(Path file) {
        String name = file.getFileName().toString();
        return name.startsWith("TEST-") && name.endsWith(".xml");
    }

    private static void read(Path file, Map<String, Case> cases) throws Exception {
        try (var in = Files.newInputStream(file)) {
            var tests = DocumentBuilderFactory.newInstance()
                    .newDocumentBuilder()
                    .parse(in)
                    .getElementsByTagName("testcase");
            for (int i = 0; i < tests.getLength(); i++) {
                var test = (Element) tests.item(i);
                cases.put(test.getAttribute("classname") + "." + test.getAttribute("name"), outcome(test));
            }
        } catch (IOException e) {
            throw new IOException(file + ": " + e.getMessage(), e);
        }
    }

    private static Case outcome(Element test) {
        for (String tag : List.of("failure", "error")) {
            if (test.getElementsByTagName(tag).item(0) instanceof Element e) {
                return new Case(Outcome.FAILED, firstLine(e));
            }
        }
        if (test.getElementsByTagName("skipped").item(0) instanceof Element e) {
            return new Case(Outcome.SKIPPED, firstLine(e));
        }
        return new Case(Outcome.PASSED, "");
    }

    private static String firstLine(Element element) {
        String text = element.getAttribute("message");
        if (text.isBlank()) {
            text = element.getTextContent();
        }
        return text.strip().lines().findFirst().orElse("");
    }
}
