// SPDX-License-Identifier: Apache-2.0
package io.podlane.manifests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The thread that owns a folder: it waits for changes, reads them, and passes on what the folder gives. */
final class FolderReader implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(FolderReader.class);
    /** Network file systems tell nothing of what others change: so it looks now and then without being told. */
    static final Duration LOOK_ANYWAY = Duration.ofSeconds(2);

    private static final long PATIENCE_MILLIS = 2000;

    private final ManifestFolder folder;
    private final FolderWatch watch;
    private final ClusterFeed feed;
    private final long lookAnyway;
    private final Thread thread;
    private volatile boolean closed;

    private FolderReader(Path path, Path stateDir, ClusterFeed feed, Duration lookAnyway) throws IOException {
        this.folder = new ManifestFolder(path, stateDir);
        this.watch = new FolderWatch(folder.path());
        this.feed = feed;
        this.lookAnyway = lookAnyway.toNanos();
        this.thread = new Thread(this::run, "podlane-manifests");
        thread.setDaemon(true);
    }

    /** Reads a folder and passes on what is in it before it returns, then starts to watch it. */
    static FolderReader start(Path path, Path stateDir, ClusterFeed feed, Duration lookAnyway) {
        try {
            var reader = new FolderReader(path, stateDir, feed, lookAnyway);
            reader.watch.follow(Set.of());
            reader.folder.load(System.nanoTime());
            reader.watch.follow(reader.folder.realFiles());
            reader.pass();
            reader.thread.start();
            return reader;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot watch " + path + ": is fs.inotify.max_user_instances reached?", e);
        }
    }

    private void run() {
        try {
            long wait = 0; // What changed between reading and watching is seen now.
            while (!closed) {
                Set<Path> touched = watch.await(Math.min(wait, lookAnyway));
                wait = step(touched);
            }
        } catch (ClosedWatchServiceException | InterruptedException end) {
            LOG.debug("folder={} no longer watched", folder.path());
        }
    }

    private long step(Set<Path> touched) {
        try {
            long wait = folder.look(System.nanoTime(), touched);
            if (watch.follow(folder.realFiles())) {
                wait = 0;
            }
            pass();
            feed.retry();
            return wait;
        } catch (RuntimeException e) {
            LOG.error("folder={} look failed; it is tried again", folder.path(), e);
            return lookAnyway;
        }
    }

    private void pass() {
        if (folder.takeChanged() && !closed) {
            FolderContent content = folder.content();
            LOG.info(
                    "folder={} files={} services={} slices={} pods={} nodes={} problems={}",
                    folder.path(),
                    folder.names().size(),
                    content.services().size(),
                    content.slices().size(),
                    content.pods().size(),
                    content.nodes().size(),
                    content.problems().size());
            feed.content(content, folder.isComplete());
        }
    }

    @Override
    public void close() {
        closed = true;
        watch.close();
        try {
            thread.join(PATIENCE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
