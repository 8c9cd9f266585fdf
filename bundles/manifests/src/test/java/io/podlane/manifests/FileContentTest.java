// SPDX-License-Identifier: Apache-2.0
package io.podlane.manifests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileContentTest {
    private static String service(String name, Object port) {
        return "---\napiVersion: v1\nkind: Service\nmetadata: {name: " + name + "}\nspec: {ports: [{port: " + port
                + "}]}\n";
    }

    private static FileContent read(String file, String yaml, FileContent before) throws Exception {
        return FileContent.of(file, ManifestReader.read(file, new StringReader(yaml)), before);
    }

    private static FileContent read(String yaml) throws Exception {
        return read("web.yaml", yaml, FileContent.EMPTY);
    }

    private static List<String> objects(FileContent content) {
        return content.objects().keySet().stream().map(Manifest.Key::toString).toList();
    }

    private static Map<String, Integer> ports(FileContent content) {
        var ports = new TreeMap<String, Integer>();
        content.objects()
                .forEach((key, good) -> ports.put(
                        key.name(),
                        ((ServiceManifest) good.manifest())
                                .service()
                                .ports()
                                .get(0)
                                .port()));
        return ports;
    }

    @Test
    void severalDocumentsAndListsAreReadInTheirOrderAndOtherKindsArePassedOver() throws Exception {
        FileContent content = read(
                """
                # A comment, and an empty document.
                ---
                ---
                apiVersion: v1
                items:
                - {apiVersion: v1, kind: Node, metadata: {name: n}}
                - {apiVersion: apps/v1, kind: Deployment, metadata: {name: d}, spec: {replicas: many}}
                - {apiVersion: v1, kind: Pod, metadata: {name: p}}
                kind: List
                metadata: {}
                ---
                {apiVersion: serving.knative.dev/v1, kind: Service, metadata: {name: UPPER}}
                ---
                apiVersion: example.org/v1
                kind: PodSet
                items: [{apiVersion: v1, kind: Pod, metadata: {name: notmine}}]
                ---
                apiVersion: discovery.k8s.io/v1
                kind: EndpointSlice
                metadata: {name: s, namespace: other}
                addressType: IPv4
                """);

        assertEquals(List.of("Node n", "Pod default/p", "EndpointSlice other/s"), objects(content));
        assertEquals(Map.of(), content.problems());
    }

    @Test
    void fieldsFromTheFutureAreIgnored() throws Exception {
        FileContent content = read(
                "{apiVersion: v1, kind: Service, metadata: {name: a, x: 1}, spec: {y: [z], ports: [{port: 1, w: {}}]}}");

        assertEquals(Map.of(), content.problems());
        assertEquals(Map.of("a", 1), ports(content));
    }

    @Test
    void anchorsMergeKeysAndYamlOnePointOneBooleansAreReadAsKubectlReadsThem() throws Exception {
        FileContent content = read(
                """
                apiVersion: v1
                kind: List
                items:
                - &one
                  apiVersion: v1
                  kind: Service
                  metadata: {name: one}
                  spec: &spec {ports: [{port: 1}], publishNotReadyAddresses: yes}
                - <<: *one
                  metadata: {name: two}
                - {<<: [{kind: Service}, {apiVersion: v1, kind: Pod}], metadata: {name: three}, spec: *spec}
                """);

        assertEquals(Map.of(), content.problems());
        assertEquals(Map.of("one", 1, "two", 1, "three", 1), ports(content));
        assertTrue(content.objects().values().stream()
                .allMatch(good -> ((ServiceManifest) good.manifest()).publishNotReady()));
    }

    @Test
    void aListWhoseItemsAreAnAliasIsRead() throws Exception {
        FileContent content = read(
                """
                x: &pods [{apiVersion: v1, kind: Pod, metadata: {name: p}}]
                apiVersion: v1
                kind: List
                items: *pods
                """);

        assertEquals(List.of("Pod default/p"), objects(content));
    }

    @Test
    void jsonIndentedWithTabsIsRead() throws Exception {
        String json = "{\n\t\"apiVersion\": \"v1\",\n\t\"kind\": \"Pod\",\n\t\"metadata\": {\n\t\t\"name\": \"p\","
                + "\n\t\t\"labels\": {\"a\": \"\\t\\/\\u00e9\"}\n\t}\n}\n";

        FileContent content = read("pod.json", json, FileContent.EMPTY);

        assertEquals(Map.of(), content.problems());
        var pod = (PodManifest) content.objects().values().iterator().next().manifest();
        assertEquals(Map.of("a", "\t/é"), pod.pod().labels());
    }

    @Test
    void aByteOrderMarkIsPassedOver(@TempDir Path folder) throws Exception {
        Path file = Files.writeString(folder.resolve("web.yaml"), "\uFEFF" + service("a", 1));

        assertEquals(Map.of(), FileContent.read(file, FileContent.EMPTY).problems());
    }

    @Test
    void aBadObjectKeepsItsLastGoodVersionAndTheRestIsApplied() throws Exception {
        FileContent before = read(service("a", 1) + service("b", 2));

        FileContent after = read("web.yaml", service("a", 99999) + service("b", 3) + service("c", "x"), before);
        FileContent later = read("web.yaml", service("a", "bad"), after);

        assertEquals(Map.of("a", 1, "b", 3), ports(after));
        assertEquals(
                Map.of(
                        "web.yaml: Service default/a",
                        "line 5: spec.ports[0].port: found 99999, allowed is a whole number from 1 to 65535."
                                + " The version read before stays in use.",
                        "web.yaml: Service default/c",
                        "line 15: spec.ports[0].port: found \"x\", allowed is a whole number from 1 to 65535."
                                + " It is left out."),
                after.problems());
        assertEquals(Map.of("a", 1), ports(later));
    }

    @Test
    void anObjectThatLosesItsNameIsKeptUnderTheOldOne() throws Exception {
        FileContent before = read(service("a", 1) + "---\n{apiVersion: v1, kind: Pod, metadata: {name: p}}\n");

        FileContent after = read("web.yaml", service("A!", 2), before);

        assertEquals(List.of("Service default/a"), objects(after));
        assertEquals(
                Map.of(
                        "web.yaml: Service in line 2",
                        "line 4: metadata.name: found \"A!\", allowed is " + Names.SERVICE
                                + ". What this file held before stays in use."),
                after.problems());
    }

    @Test
    void aBrokenFileKeepsItsLastGoodContent(@TempDir Path folder) throws Exception {
        Path file = Files.writeString(folder.resolve("web.yaml"), service("a", 1));
        FileContent before = FileContent.read(file, FileContent.EMPTY);
        Files.writeString(file, service("b", 1) + "---\n]");

        FileContent after = FileContent.read(file, before);

        assertEquals(Map.of("a", 1), ports(after));
        assertEquals(
                Map.of(
                        "web.yaml",
                        "broken YAML: line 7, column 1: expected the node content, but found ']'. The content read"
                                + " before stays in use."),
                after.problems());
    }

    @Test
    void aNameTwiceInOneFileIsOneProblemAndTheFirstIsUsed() throws Exception {
        FileContent content = read(service("a", 1) + service("a", 2));

        assertEquals(Map.of("a", 1), ports(content));
        assertEquals(
                Map.of(
                        "web.yaml: Service default/a",
                        "line 7: is in line 2 of this file as well, which is the one in use. It is left out."),
                content.problems());
    }

    @Test
    void aNameInTwoFilesIsOneProblemThatNamesBothAndTheFirstFileHasIt() throws Exception {
        var files = new TreeMap<String, FileContent>();
        files.put("b.yaml", read("b.yaml", service("a", 2) + service("c", 3), FileContent.EMPTY));
        files.put("a.yaml", read("a.yaml", "\n\n" + service("a", 1), FileContent.EMPTY));

        FolderContent content = FolderContent.of(files);

        assertEquals(2, content.services().size());
        assertEquals(
                Map.of(
                        "b.yaml: Service default/a",
                        "line 2: is in a.yaml, line 4 as well, which is the one in use. It is left out."),
                content.problems());
    }
}
