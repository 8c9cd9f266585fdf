// SPDX-License-Identifier: Apache-2.0
package io.podlane.manifests;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Set;

/**
 * Copies of files as they were when nothing was wrong with them. A file that is bad when the agent or this bundle starts
 * would else lose its objects, which it does not while they run.
 */
final class LastGood {
    private final Path copies;
    private String problem = "";

    /**
     * Finds the copies of before.
     *
     * @param stateDir the agent's state folder
     * @param folder the folder that the files are in
     */
    LastGood(Path stateDir, Path folder) {
        copies = stateDir.resolve("manifests")
                .resolve(Integer.toHexString(folder.toString().hashCode()));
    }

    /** What a file gave when it was good; nothing if it never was. */
    FileContent recall(String name) {
        Path copy = copies.resolve(name);
        return Files.exists(copy) ? FileContent.read(copy, FileContent.EMPTY) : FileContent.EMPTY;
    }

    /** A file is good now. */
    void keep(Path file) {
        Path copy = copies.resolve(file.getFileName());
        try {
            if (!isCopy(file, copy)) {
                Files.createDirectories(copies);
                Path next = copies.resolve("." + file.getFileName());
                Files.copy(file, next, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.COPY_ATTRIBUTES);
                Files.move(next, copy, StandardCopyOption.ATOMIC_MOVE);
            }
            problem = "";
        } catch (NoSuchFileException gone) {
            // The file went meanwhile, which will be noticed.
        } catch (IOException e) {
            problem = "cannot keep a copy of " + file + " (" + e.getMessage()
                    + "); if that file becomes bad, a restart will forget what was in it. Make room, or mend the state folder.";
        }
    }

    private static boolean isCopy(Path file, Path copy) throws IOException {
        return Files.exists(copy)
                && Files.size(copy) == Files.size(file)
                && Files.getLastModifiedTime(copy).equals(Files.getLastModifiedTime(file));
    }

    /** Forgets all files but these. */
    void retain(Set<String> names) {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(copies)) {
            for (Path copy : entries) {
                if (!names.contains(copy.getFileName().toString())) {
                    Files.deleteIfExists(copy);
                }
            }
        } catch (IOException needless) {
            // A copy too many is harmless; none at all is the usual reason.
        }
    }

    /** Where the copies are. */
    Path path() {
        return copies;
    }

    /** What kept it from keeping a copy, last time; empty if nothing did. */
    String problem() {
        return problem;
    }
}
