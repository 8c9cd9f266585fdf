// SPDX-License-Identifier: Apache-2.0
package io.podlane.manifests;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The files of a folder, each read again only when it has changed and come to rest. Files are those that end in
 * {@code .yaml}, {@code .yml} or {@code .json} and do not begin with a dot; folders in the folder are not looked into.
 *
 * <p>A file half written is often good YAML with some objects missing. So what is broken or takes objects away counts only
 * when the file has rested for longer. A folder that is missing or unreadable takes nothing away.
 *
 * <p>Belongs to one thread. Time is given in nanoseconds of {@link System#nanoTime()}.
 */
final class ManifestFolder {
    private final Path folder;
    private final LastGood lastGood;
    private final Map<String, ManifestFile> files = new TreeMap<>();
    private String problem = "";
    /** When the folder was first seen; what is in it counts as complete once it has rested. */
    private long seen;

    private boolean exists;
    private boolean complete;
    private boolean changed = true;

    ManifestFolder(Path folder, Path stateDir) {
        this.folder = folder.toAbsolutePath().normalize();
        this.lastGood = new LastGood(stateDir, this.folder);
    }

    /** Reads all there is at once, without waiting for it to rest. */
    void load(long now) {
        look(now, Set.of(), true);
    }

    /**
     * Looks what has changed.
     *
     * @param touched files that may have changed although they look the same
     * @return the time until it should look again, in nanoseconds
     */
    long look(long now, Set<Path> touched) {
        return look(now, touched, false);
    }

    private long look(long now, Set<Path> touched, boolean atOnce) {
        Set<String> names;
        try {
            names = list();
        } catch (IOException e) {
            exists = false;
            setProblem(reason(e));
            return Long.MAX_VALUE;
        }
        if (!exists) {
            exists = true;
            seen = now;
        }
        setProblem("");
        for (String name : names) {
            if (!files.containsKey(name)) {
                files.put(name, new ManifestFile(folder.resolve(name), lastGood));
            }
        }
        long wait = Long.MAX_VALUE;
        var gone = new ArrayList<ManifestFile>();
        for (ManifestFile file : files.values()) {
            file.look(now, touched);
            wait = Math.min(wait, atOnce ? file.settle() : file.settle(now));
            changed |= file.takeChanged();
            if (file.isGone()) {
                gone.add(file);
            }
        }
        if (files.values().removeAll(gone)) {
            changed = true;
            lastGood.retain(files.keySet());
        }
        if (!complete) {
            boolean rested = atOnce || now - seen >= ManifestFile.LONG_REST;
            complete = rested && wait == Long.MAX_VALUE;
            if (complete) {
                changed = true;
                lastGood.retain(names);
            }
            wait = complete ? wait : Math.min(wait, Math.max(0, seen + ManifestFile.LONG_REST - now));
        }
        return wait;
    }

    private Set<String> list() throws IOException {
        var names = new HashSet<String>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
            for (Path entry : entries) {
                String name = entry.getFileName().toString();
                if (!name.startsWith(".")
                        && (name.endsWith(".yaml") || name.endsWith(".yml") || name.endsWith(".json"))
                        && !Files.isDirectory(entry)) {
                    names.add(name);
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return names;
    }

    private String reason(IOException e) {
        String why = e instanceof NoSuchFileException
                ? "the folder does not exist; it is waited for"
                : e instanceof NotDirectoryException
                        ? "is not a folder; give the folder that the manifests are in"
                        : "the folder cannot be read: " + e;
        return why + (complete ? ". What was read from it before stays in use." : ".");
    }

    private void setProblem(String text) {
        changed |= !text.equals(problem);
        problem = text;
    }

    /** Whether the folder has been read once, so that what is not in it can be said not to exist. */
    boolean isComplete() {
        return complete;
    }

    /** Whether {@link #content} may differ from what it was when this was asked last. */
    boolean takeChanged() {
        boolean was = changed;
        changed = false;
        return was;
    }

    /** What the folder gives now. */
    FolderContent content() {
        var contents = new TreeMap<String, FileContent>();
        for (var entry : files.entrySet()) {
            contents.put(entry.getKey(), entry.getValue().content());
        }
        FolderContent content = FolderContent.of(contents);
        if (problem.isEmpty() && lastGood.problem().isEmpty()) {
            return content;
        }
        var problems = new LinkedHashMap<>(content.problems());
        if (!problem.isEmpty()) {
            FolderContent.add(problems, folder.toString(), problem);
        }
        if (!lastGood.problem().isEmpty()) {
            FolderContent.add(problems, lastGood.path().toString(), lastGood.problem());
        }
        return content.with(problems);
    }

    /** The files as they really are, behind symbolic links. */
    Set<Path> realFiles() {
        var paths = new HashSet<Path>();
        for (ManifestFile file : files.values()) {
            try {
                paths.add(file.path().toRealPath());
            } catch (IOException gone) {
                // It is not watched then; that it comes back is seen in the folder that held it.
            }
        }
        return paths;
    }

    /** The folder, absolute. */
    Path path() {
        return folder;
    }

    /** The names of the files, in their order. */
    List<String> names() {
        return new ArrayList<>(files.keySet());
    }
}
