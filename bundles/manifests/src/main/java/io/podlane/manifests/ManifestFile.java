// SPDX-License-Identifier: Apache-2.0
package io.podlane.manifests;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * A file of a folder, read again only when it has changed and come to rest. What is broken or takes objects away counts only
 * when it has rested for longer, and a file that was never read well falls back on what was good before the restart.
 *
 * <p>Belongs to one thread. Time is given in nanoseconds of {@link System#nanoTime()}.
 */
final class ManifestFile {
    /** How long a file rests before it is read. */
    static final long REST = TimeUnit.MILLISECONDS.toNanos(15);
    /** How long a file rests before it is believed that it is broken, or that objects are gone. */
    static final long LONG_REST = TimeUnit.MILLISECONDS.toNanos(100);
    /** When a file that never rests is read all the same. */
    static final long LONGEST = TimeUnit.SECONDS.toNanos(2);

    private final Path path;
    private final LastGood lastGood;
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
    private boolean changed;

    ManifestFile(Path path, LastGood lastGood) {
        this.path = path;
        this.lastGood = lastGood;
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

    /** Whether {@link #content} may differ from what it was when this was asked last. */
    boolean takeChanged() {
        boolean was = changed;
        changed = false;
        return was;
    }

    /** What it gives now. */
    FileContent content() {
        return content;
    }

    Path path() {
        return path;
    }

    /** What tells one state of a file from the next. */
    private record Stamp(Object fileKey, long size, long modified) {
        /** A file that is not there, or a link that leads nowhere. */
        static final Stamp NONE = new Stamp(null, -1, 0);

        // Written out, since a record's own generates classes, which takes its time while the agent starts.
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
}
