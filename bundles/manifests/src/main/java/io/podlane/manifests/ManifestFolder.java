// SPDX-License-Identifier: Apache-2.0
package io.podlane.manifests;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

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
    /** How long a file rests before it is read. */
    static final long REST = TimeUnit.MILLISECONDS.toNanos(15);
    /** How long a file rests before it is believed that it is broken, or that objects are gone. */
    static final long LONG_REST = TimeUnit.MILLISECONDS.toNanos(100);
    /** When a file that never rests is read all the same. */
    static final long LONGEST = TimeUnit.SECONDS.toNanos(2);

    private final Path folder;
    private final LastGood lastGood;
    private final Map<String, File> files = new TreeMap<>();
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
                files.put(name, new File(folder.resolve(name)));
            }
        }
        long wait = Long.MAX_VALUE;
        var gone = new ArrayList<File>();
        for (File file : files.values()) {
            file.look(now, touched);
            wait = Math.min(wait, atOnce ? file.settle() : file.settle(now));
            if (file.isGone()) {
                gone.add(file);
            }
        }
        if (files.values().removeAll(gone)) {
            changed = true;
            lastGood.retain(files.keySet());
        }
        if (!complete) {
            boolean rested = atOnce || now - seen >= LONG_REST;
            complete = rested && wait == Long.MAX_VALUE;
            if (complete) {
                changed = true;
                lastGood.retain(names);
            }
            wait = complete ? wait : Math.min(wait, Math.max(0, seen + LONG_REST - now));
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
            contents.put(entry.getKey(), entry.getValue().content);
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
        for (File file : files.values()) {
            try {
                paths.add(file.path.toRealPath());
            } catch (IOException gone) {
                // It is not watched then; that it comes back is seen in the folder that held it.
            }
        }
        return paths;
    }

    /** What tells one state of a file from the next. */
    private record Stamp(Object fileKey, long size, long modified) {
        /** A file that is not there, or a link that leads nowhere. */
        static final Stamp NONE = new Stamp(null, -1, 0);

        @Override
        public boolean equals(Object other) {
            return other instanceof Stamp that
                    && size == that.size
                    && modified == that.modified
                    && Objects.equals(fileKey, that.fileKey);
        }

        @Override
        public int hashCode() {
            return Objects.hash(fileKey, size, modified);
        }

        static Stamp of(Path path) {
            try {
                var attributes = Files.readAttributes(path, BasicFileAttributes.class);
                return new Stamp(
                        attributes.fileKey(),
                        attributes.size(),
                        attributes.lastModifiedTime().to(TimeUnit.NANOSECONDS));
            } catch (IOException e) {
                return NONE;
            }
        }
    }

    private final class File {
        private final Path path;
        private FileContent content = FileContent.EMPTY;
        private Stamp stamp;
        /** Whether it changed since it was read and believed. */
        private boolean pending;

        private long firstChange;
        private long lastChange;
        /** What was read since the last change; null if nothing was. */
        private FileContent candidate;

        /** Whether it was believed once. */
        private boolean known;

        private boolean gone;

        File(Path path) {
            this.path = path;
        }

        void look(long now, Set<Path> touched) {
            Stamp latest = Stamp.of(path);
            if (!latest.equals(stamp) || touched.contains(path) || touched.contains(real(touched))) {
                stamp = latest;
                candidate = null;
                lastChange = now;
                if (!pending) {
                    pending = true;
                    firstChange = now;
                }
            }
        }

        private Path real(Set<Path> touched) {
            if (touched.isEmpty()) {
                return path;
            }
            try {
                return path.toRealPath();
            } catch (IOException gone) {
                return path;
            }
        }

        /** Reads and believes it. */
        long settle() {
            if (pending) {
                believe(read());
            }
            return Long.MAX_VALUE;
        }

        /** Reads it, and believes it, as far as it has rested long enough. */
        long settle(long now) {
            if (!pending) {
                return Long.MAX_VALUE;
            }
            boolean overdue = now - firstChange >= LONGEST;
            long rested = now - lastChange;
            if (rested < REST && !overdue) {
                return REST - rested;
            }
            FileContent next = read();
            if ((next.broken() || next.lacksSomeOf(content)) && rested < LONG_REST && !overdue) {
                return LONG_REST - rested;
            }
            if (!Stamp.of(path).equals(stamp) && !overdue) {
                return 0; // It changed while it was read.
            }
            believe(next);
            return Long.MAX_VALUE;
        }

        private FileContent read() {
            if (candidate == null) {
                candidate = isThere() ? FileContent.read(path, content) : FileContent.EMPTY;
                if (!known && !candidate.problems().isEmpty()) {
                    candidate = FileContent.read(
                            path, lastGood.recall(path.getFileName().toString()));
                }
            }
            return candidate;
        }

        private boolean isThere() {
            return Files.exists(path, LinkOption.NOFOLLOW_LINKS) && !Files.isDirectory(path);
        }

        private void believe(FileContent next) {
            content = next;
            candidate = null;
            pending = false;
            known = true;
            changed = true;
            gone = !isThere();
            if (!gone && next.problems().isEmpty()) {
                lastGood.keep(path);
            }
        }

        boolean isGone() {
            return gone && !pending;
        }
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
