// SPDX-License-Identifier: Apache-2.0
package io.podlane.manifests;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Tells when something in a folder may have changed: in itself, in what its symbolic links lead to, or on the way to it,
 * also while it does not exist.
 */
final class FolderWatch implements Closeable {
    private record Watched(Object fileKey, WatchKey key) {}

    private final Path folder;
    private final WatchService service;
    private final Map<Path, Watched> watched = new HashMap<>();
    private Path real;
    private Set<Path> realFiles = Set.of();

    FolderWatch(Path folder) throws IOException {
        this.folder = folder;
        service = folder.getFileSystem().newWatchService();
    }

    /**
     * Watches what there is to watch now.
     *
     * @return whether something is watched that was not, so that a change of it may have been missed
     */
    boolean follow(Set<Path> files) {
        realFiles = files;
        real = realOrNull(folder);
        var folders = new HashSet<Path>();
        if (real != null) {
            folders.add(real);
            files.forEach(file -> folders.add(file.getParent()));
            addUnlessNull(folders, real.getParent());
        }
        addUnlessNull(folders, nearestAbove(folder));
        boolean more = false;
        for (Path path : folders) {
            more |= register(path);
        }
        watched.entrySet().removeIf(entry -> {
            boolean needless = !folders.contains(entry.getKey());
            if (needless) {
                entry.getValue().key().cancel();
            }
            return needless;
        });
        return more;
    }

    private static void addUnlessNull(Set<Path> paths, Path path) {
        if (path != null) {
            paths.add(path);
        }
    }

    private static Path realOrNull(Path path) {
        try {
            return path.toRealPath();
        } catch (IOException notThere) {
            return null;
        }
    }

    private static Path nearestAbove(Path path) {
        for (Path above = path.getParent(); above != null; above = above.getParent()) {
            Path real = realOrNull(above);
            if (real != null) {
                return real;
            }
        }
        return null;
    }

    private boolean register(Path path) {
        try {
            Object fileKey =
                    Files.readAttributes(path, BasicFileAttributes.class).fileKey();
            Watched before = watched.get(path);
            if (before != null && before.key().isValid() && fileKey.equals(before.fileKey())) {
                return false;
            }
            if (before != null) {
                before.key().cancel();
            }
            WatchKey key = path.register(
                    service,
                    StandardWatchEventKinds.ENTRY_CREATE,
                    StandardWatchEventKinds.ENTRY_DELETE,
                    StandardWatchEventKinds.ENTRY_MODIFY);
            watched.put(path, new Watched(fileKey, key));
            return true;
        } catch (IOException notThere) {
            return false; // What is above it is watched.
        }
    }

    /**
     * Waits until something may have changed, or for some time.
     *
     * @return the files that events named; empty if none did
     * @throws ClosedWatchServiceException if it was closed meanwhile
     */
    Set<Path> await(long nanos) throws InterruptedException {
        var touched = new HashSet<Path>();
        long deadline = System.nanoTime() + nanos;
        boolean relevant = false;
        while (!relevant) {
            WatchKey key = service.poll(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
            if (key == null) {
                break;
            }
            for (; key != null; key = service.poll()) {
                for (WatchEvent<?> event : key.pollEvents()) {
                    relevant |= note((Path) key.watchable(), event, touched);
                }
                relevant |= !key.reset(); // The folder itself is gone.
            }
        }
        return touched;
    }

    private boolean note(Path in, WatchEvent<?> event, Set<Path> touched) {
        if (event.kind() == StandardWatchEventKinds.OVERFLOW) {
            touched.addAll(realFiles);
            return true;
        }
        Path path = in.resolve((Path) event.context());
        if (in.equals(real)) {
            touched.add(folder.resolve(path.getFileName()));
            return true;
        }
        if (realFiles.contains(path)) {
            touched.add(path);
            return true;
        }
        return folder.startsWith(path) || (real != null && real.startsWith(path));
    }

    @Override
    public void close() {
        try {
            service.close();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
