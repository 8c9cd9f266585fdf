// SPDX-License-Identifier: Apache-2.0
package io.podlane.manifests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** When a file is read, with the time told by the test. */
class ManifestFolderTest {
    @TempDir
    Path temp;

    private Path dir;
    private ManifestFolder folder;
    private long now = 1_000_000_000_000L;

    @BeforeEach
    void makeFolder() throws IOException {
        dir = Files.createDirectory(temp.resolve("manifests"));
        folder = new ManifestFolder(dir, temp.resolve("state"));
    }

    private static String service(String... names) {
        var yaml = new StringBuilder();
        for (String name : names) {
            yaml.append("---\n{apiVersion: v1, kind: Service, metadata: {name: ")
                    .append(name)
                    .append("}, spec: {ports: [{port: 1}]}}\n");
        }
        return yaml.toString();
    }

    private void write(String file, String text) throws IOException {
        Files.writeString(dir.resolve(file), text);
    }

    private long look() {
        return folder.look(now, Set.of());
    }

    private long lookAfter(long nanos) {
        now += nanos;
        return look();
    }

    private List<String> services() {
        return folder.content().services().keySet().stream()
                .map(name -> name.name())
                .sorted()
                .toList();
    }

    private Map<String, String> problems() {
        return folder.content().problems();
    }

    @Test
    void onlyFilesWithTheRightEndingsInTheFolderItselfAreRead() throws IOException {
        write("a.yaml", service("a"));
        write("b.yml", service("b"));
        write(
                "c.json",
                "{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"name\":\"c\"},"
                        + "\"spec\":{\"ports\":[{\"port\":1}]}}");
        write("d.yaml~", service("d"));
        write(".e.yaml", service("e"));
        write("README.md", "# [");
        Files.createDirectory(dir.resolve("more.yaml"));
        Files.createDirectory(dir.resolve("more"));
        write("more/f.yaml", service("f"));

        folder.load(now);

        assertEquals(List.of("a", "b", "c"), services());
        assertTrue(folder.isComplete());
    }

    @Test
    void aChangeIsReadWhenTheFileHasRested() throws IOException {
        folder.load(now);
        write("a.yaml", service("a"));

        assertEquals(ManifestFile.REST, look());
        assertEquals(List.of(), services());
        assertEquals(1, lookAfter(ManifestFile.REST - 1));
        assertEquals(Long.MAX_VALUE, lookAfter(1));

        assertEquals(List.of("a"), services());
    }

    @Test
    void aFileHalfWrittenTakesNothingAway() throws IOException {
        write("a.yaml", service("a", "b"));
        folder.load(now);

        write("a.yaml", ""); // An editor cuts the file,
        look();
        lookAfter(ManifestFile.REST);
        assertEquals(List.of("a", "b"), services());
        write("a.yaml", service("a")); // writes a part,
        lookAfter(ManifestFile.REST);
        lookAfter(ManifestFile.REST);
        assertEquals(List.of("a", "b"), services());
        write("a.yaml", service("a", "b", "c")); // and the rest.
        lookAfter(ManifestFile.REST);
        lookAfter(ManifestFile.REST);

        assertEquals(List.of("a", "b", "c"), services());
    }

    @Test
    void whatIsGoneForLongerIsGone() throws IOException {
        write("a.yaml", service("a", "b"));
        write("c.yaml", service("c"));
        folder.load(now);

        write("a.yaml", service("b"));
        Files.delete(dir.resolve("c.yaml"));
        look();
        assertEquals(ManifestFile.LONG_REST - ManifestFile.REST, lookAfter(ManifestFile.REST));
        assertEquals(List.of("a", "b", "c"), services());
        lookAfter(ManifestFile.LONG_REST);

        assertEquals(List.of("b"), services());
        assertEquals(List.of("a.yaml"), folder.names());
    }

    @Test
    void aFileThatAnEditorReplacesByRenamingIsNeverMissing() throws IOException {
        write("a.yaml", service("a"));
        folder.load(now);

        Files.move(dir.resolve("a.yaml"), dir.resolve("a.yaml~"));
        look();
        lookAfter(ManifestFile.REST);
        assertEquals(List.of("a"), services());
        write("a.yaml", service("a", "b"));
        lookAfter(ManifestFile.REST);
        lookAfter(ManifestFile.REST);

        assertEquals(List.of("a", "b"), services());
    }

    @Test
    void brokenYamlIsReportedOnlyWhenTheFileHasRestedLongAndKeepsWhatWasThere() throws IOException {
        write("a.yaml", service("a"));
        folder.load(now);

        write("a.yaml", service("b") + "---\n[");
        look();
        lookAfter(ManifestFile.REST);
        assertEquals(Map.of(), problems());
        lookAfter(ManifestFile.LONG_REST);
        assertEquals(Set.of("a.yaml"), problems().keySet());
        assertEquals(List.of("a"), services());

        write("a.yaml", service("b"));
        look();
        lookAfter(ManifestFile.LONG_REST);
        assertEquals(Map.of(), problems());
        assertEquals(List.of("b"), services());
    }

    @Test
    void aFileThatNeverRestsIsReadInTheEnd() throws IOException {
        folder.load(now);
        long started = now;
        for (int i = 0; now - started < ManifestFile.LONGEST; i++) {
            write("a.yaml", service("a") + "# " + "x".repeat(i));
            lookAfter(ManifestFile.REST / 2);
        }
        lookAfter(ManifestFile.REST / 2);

        assertEquals(List.of("a"), services());
    }

    @Test
    void aChangeThatLeavesSizeAndTimeAsTheyWereIsReadIfAnEventNamesTheFile() throws IOException {
        write("a.yaml", service("a"));
        folder.load(now);
        var time = Files.getLastModifiedTime(dir.resolve("a.yaml"));
        write("a.yaml", service("b"));
        Files.setLastModifiedTime(dir.resolve("a.yaml"), time);

        folder.look(now, Set.of(dir.resolve("a.yaml")));
        lookAfter(ManifestFile.LONG_REST);

        assertEquals(List.of("b"), services());
    }

    @Test
    void onlyWhatChangedIsReadAgain() throws IOException {
        write("a.yaml", service("a"));
        write("b.yaml", service("b"));
        folder.load(now);
        folder.takeChanged();
        var before = folder.content().services();
        write("b.yaml", service("b") + "# changed");

        look();
        lookAfter(ManifestFile.REST);

        assertTrue(folder.takeChanged());
        var after = folder.content().services();
        assertEquals(before, after);
        before.forEach(
                (name, service) -> assertEquals(name.name().equals("a"), service == after.get(name), name.toString()));
        lookAfter(ManifestFile.LONG_REST);
        assertFalse(folder.takeChanged());
    }

    @Test
    void aFolderThatIsNotThereIsAProblemAndIsNotComplete() throws IOException {
        Files.delete(dir);

        folder.load(now);

        assertFalse(folder.isComplete());
        assertEquals(Map.of(dir.toString(), "the folder does not exist; it is waited for."), problems());
    }

    @Test
    void aFolderThatComesLaterIsCompleteWhenItHasRested() throws IOException {
        Files.delete(dir);
        folder.load(now);
        Files.createDirectory(dir);
        lookAfter(1);
        write("a.yaml", service("a"));
        lookAfter(ManifestFile.LONG_REST - 1);
        assertFalse(folder.isComplete());

        lookAfter(ManifestFile.REST);

        assertTrue(folder.isComplete());
        assertEquals(List.of("a"), services());
        assertEquals(Map.of(), problems());
    }

    @Test
    void aFolderThatGoesTakesNothingAway() throws IOException {
        write("a.yaml", service("a"));
        folder.load(now);
        Files.move(dir, temp.resolve("aside"));

        lookAfter(ManifestFile.LONGEST);
        lookAfter(ManifestFile.LONGEST);

        assertEquals(List.of("a"), services());
        assertEquals(
                Map.of(
                        dir.toString(),
                        "the folder does not exist; it is waited for. What was read from it before stays in use."),
                problems());
    }

    @Test
    @Timeout(10)
    void aNamedPipeIsAProblemAndTheOtherFilesAreRead() throws Exception {
        assertEquals(
                0,
                new ProcessBuilder("mkfifo", dir.resolve("pipe.yaml").toString())
                        .start()
                        .waitFor());
        write("a.yaml", service("a"));
        folder.load(now);
        assertEquals(List.of("a"), services());
        assertEquals(Map.of("pipe.yaml", "is no regular file."), problems());
    }

    @Test
    void aFileInPlaceOfTheFolderIsAProblem() throws IOException {
        Files.delete(dir);
        Files.writeString(dir, service("a"));

        folder.load(now);

        assertEquals(Map.of(dir.toString(), "is not a folder; give the folder that the manifests are in."), problems());
    }

    @Test
    void aLinkThatLeadsNowhereIsAProblemAndTakesNothingAway() throws IOException {
        Path real = Files.writeString(temp.resolve("real.yaml"), service("a"));
        Files.createSymbolicLink(dir.resolve("a.yaml"), real);
        folder.load(now);
        assertEquals(List.of("a"), services());
        Files.delete(real);

        look();
        lookAfter(ManifestFile.LONG_REST);

        assertEquals(List.of("a"), services());
        assertEquals(
                Map.of(
                        "a.yaml",
                        "is a symbolic link to a file that does not exist. The content read before stays in use."),
                problems());
    }

    @Test
    void afterARestartABadFileStillHasWhatItHadWhenItWasGood() throws IOException {
        write("a.yaml", service("a", "b"));
        write("c.yaml", service("c"));
        write("gone.yaml", service("d"));
        folder.load(now);
        write("a.yaml", "[");
        write("c.yaml", service("c").replace("port: 1", "port: x") + service("e"));
        Files.delete(dir.resolve("gone.yaml"));

        var restarted = new ManifestFolder(dir, temp.resolve("state"));
        restarted.load(now);
        folder = restarted;

        assertEquals(List.of("a", "b", "c", "e"), services());
        assertEquals(Set.of("a.yaml", "c.yaml: Service default/c"), problems().keySet());
    }

    @Test
    void aFileThatWasGoodNeverHasNothingAfterARestart() throws IOException {
        write("a.yaml", "[");
        folder.load(now);

        assertEquals(List.of(), services());
        assertEquals(Set.of("a.yaml"), problems().keySet());
    }

    @Test
    void aStateFolderThatCannotBeWrittenIsAProblemAndNothingElse() throws IOException {
        Files.writeString(temp.resolve("state"), "a file where the folder should be");
        write("a.yaml", service("a"));

        folder.load(now);

        assertEquals(List.of("a"), services());
        assertEquals(1, problems().size());
        assertTrue(problems().values().iterator().next().startsWith("cannot keep a copy of " + dir.resolve("a.yaml")));
    }

    @Test
    void aFileReplacedAtomicallyIsReadOnce() throws IOException {
        write("a.yaml", service("a"));
        folder.load(now);
        Files.writeString(temp.resolve("next"), service("b"));
        Files.move(temp.resolve("next"), dir.resolve("a.yaml"), StandardCopyOption.ATOMIC_MOVE);

        look();
        lookAfter(ManifestFile.LONG_REST);

        assertEquals(List.of("b"), services());
    }
}
