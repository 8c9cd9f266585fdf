// SPDX-License-Identifier: Apache-2.0
package io.podlane.manifests;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.podlane.api.cluster.ClusterChange;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Changes of real files, which the kernel tells of: nothing here looks without being told. */
class FolderReaderTest {
    private static final Duration NEVER = Duration.ofDays(1);

    @TempDir
    Path temp;

    private Path dir;
    private final Listening listening = new Listening();
    private FolderReader reader;

    @BeforeEach
    void makeFolder() throws IOException {
        temp = temp.toRealPath();
        dir = Files.createDirectory(temp.resolve("manifests"));
    }

    @AfterEach
    void stop() {
        reader.close();
    }

    private void start() {
        start(dir);
    }

    private void start(Path folder) {
        var feed = new ClusterFeed(problems -> {});
        feed.add(listening);
        reader = FolderReader.start(folder, temp.resolve("state"), feed, NEVER);
    }

    private static String service(String name, int port) {
        return "---\n{apiVersion: v1, kind: Service, metadata: {name: " + name + "}, spec: {ports: [{port: " + port
                + "}]}}\n";
    }

    private void write(String file, String text) throws IOException {
        Files.writeString(dir.resolve(file), text);
    }

    @Test
    void theSnapshotIsThereWhenStartReturns() throws Exception {
        write("a.yaml", service("a", 1));

        start();

        assertEquals("a:1", listening.services());
    }

    @Test
    void aFileThatChangesIsOneChange() throws Exception {
        write("a.yaml", service("a", 1) + service("b", 1));
        start();

        write("a.yaml", service("a", 1) + service("b", 2));
        listening.awaitServices("a:1 b:2");

        assertEquals(1, listening.changes().size());
        assertEquals(1, listening.changes().get(0).size());
        assertEquals(
                2,
                ((ClusterChange.ServiceChanged) listening.changes().get(0).get(0))
                        .service()
                        .ports()
                        .get(0)
                        .port());
    }

    @Test
    void aFileThatComesAndOneThatGoesAreSeen() throws Exception {
        write("a.yaml", service("a", 1));
        start();

        write("b.yaml", service("b", 1));
        listening.awaitServices("a:1 b:1");
        Files.delete(dir.resolve("a.yaml"));
        listening.awaitServices("b:1");
        Files.move(dir.resolve("b.yaml"), dir.resolve("b.off"));
        listening.awaitServices("");
        Files.move(dir.resolve("b.off"), dir.resolve("b.yaml"));
        listening.awaitServices("b:1");
    }

    @Test
    void anEditorThatReplacesAFileByRenamingCausesNoGap() throws Exception {
        write("a.yaml", service("a", 1));
        start();

        write("a.yaml.tmp", service("a", 2));
        Files.move(dir.resolve("a.yaml.tmp"), dir.resolve("a.yaml"), StandardCopyOption.ATOMIC_MOVE);
        listening.awaitServices("a:2");
        Files.move(dir.resolve("a.yaml"), dir.resolve("a.yaml~"));
        write("a.yaml", service("a", 3));
        listening.awaitServices("a:3");

        assertEquals(2, listening.changes().size());
    }

    @Test
    void aConfigMapThatKubeletSwapsIsSeen() throws Exception {
        var first = Files.createDirectory(dir.resolve("..2026_01"));
        Files.writeString(first.resolve("a.yaml"), service("a", 1));
        Files.writeString(first.resolve("b.yaml"), service("b", 1));
        Files.createSymbolicLink(dir.resolve("..data"), Path.of("..2026_01"));
        Files.createSymbolicLink(dir.resolve("a.yaml"), Path.of("..data/a.yaml"));
        Files.createSymbolicLink(dir.resolve("b.yaml"), Path.of("..data/b.yaml"));
        start();
        assertEquals("a:1 b:1", listening.services());

        swap("..2026_02", service("a", 2), service("b", 2));
        listening.awaitServices("a:2 b:2");
        swap("..2026_03", service("a", 3), service("b", 3));
        listening.awaitServices("a:3 b:3");
    }

    private void swap(String name, String a, String b) throws IOException {
        Path old = dir.resolve("..data").toRealPath();
        var next = Files.createDirectory(dir.resolve(name));
        Files.writeString(next.resolve("a.yaml"), a);
        Files.writeString(next.resolve("b.yaml"), b);
        Files.createSymbolicLink(dir.resolve("..data_tmp"), Path.of(name));
        Files.move(dir.resolve("..data_tmp"), dir.resolve("..data"), StandardCopyOption.ATOMIC_MOVE);
        for (String file : List.of("a.yaml", "b.yaml")) {
            Files.delete(old.resolve(file));
        }
        Files.delete(old);
    }

    @Test
    void aFileBehindALinkIsWatchedWhereItIs() throws Exception {
        var elsewhere = Files.createDirectory(temp.resolve("elsewhere"));
        Files.writeString(elsewhere.resolve("real"), service("a", 1));
        Files.createSymbolicLink(dir.resolve("a.yaml"), elsewhere.resolve("real"));
        start();

        Files.writeString(elsewhere.resolve("real"), service("a", 2));

        listening.awaitServices("a:2");
    }

    @Test
    void aFolderThatIsMissingIsWaitedFor() throws Exception {
        var later = temp.resolve("not/yet/there");
        start(later);
        assertEquals("no snapshot", listening.services());

        Files.createDirectories(later);
        Files.writeString(later.resolve("a.yaml"), service("a", 1));
        listening.awaitServices("a:1");

        Files.writeString(later.resolve("a.yaml"), service("a", 2));
        listening.awaitServices("a:2");
    }

    @Test
    void aFolderThatIsReplacedIsFollowed() throws Exception {
        write("a.yaml", service("a", 1));
        start();
        var next = Files.createDirectory(temp.resolve("next"));
        Files.writeString(next.resolve("a.yaml"), service("a", 2));

        Files.move(dir, temp.resolve("aside"));
        Files.move(next, dir);
        listening.awaitServices("a:2");
        write("a.yaml", service("a", 3));
        listening.awaitServices("a:3");
    }

    @Test
    void aLinkToAFolderIsFollowedWhenItIsSetToAnother() throws Exception {
        var link = temp.resolve("current");
        Files.createSymbolicLink(link, dir);
        write("a.yaml", service("a", 1));
        start(link);
        var next = Files.createDirectory(temp.resolve("next"));
        Files.writeString(next.resolve("a.yaml"), service("a", 2));

        Files.createSymbolicLink(temp.resolve("tmp"), next);
        Files.move(temp.resolve("tmp"), link, StandardCopyOption.ATOMIC_MOVE);
        listening.awaitServices("a:2");
        Files.writeString(next.resolve("a.yaml"), service("a", 3));
        listening.awaitServices("a:3");
    }

    @Test
    void nothingIsHandedOnWhenAFileIsWrittenWithoutAChangeOfMeaning() throws Exception {
        write("a.yaml", service("a", 1));
        start();

        write("a.yaml", "# Nothing new.\n" + service("a", 1));
        write("b.yaml", service("b", 1));
        listening.awaitServices("a:1 b:1");

        assertEquals(1, listening.changes().size());
    }
}
