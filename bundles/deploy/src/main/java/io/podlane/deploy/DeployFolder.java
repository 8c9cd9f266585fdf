// SPDX-License-Identifier: Apache-2.0
package io.podlane.deploy;

import static java.nio.file.StandardWatchEventKinds.ENTRY_CREATE;
import static java.nio.file.StandardWatchEventKinds.ENTRY_DELETE;
import static java.nio.file.StandardWatchEventKinds.ENTRY_MODIFY;

import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The hot-deploy folder: what lies in it is installed. A jar that comes is installed, or updates the bundle of its name; one
 * that goes takes its bundle along, or its update back. A jar that cannot be used is reported once, and tried again when it
 * changes or when another jar may have brought what it lacked.
 */
@Component(service = {})
public final class DeployFolder {
    private static final Logger LOG = LoggerFactory.getLogger(DeployFolder.class);

    /** A jar that is not whole, and grows no more, is broken. */
    private static final long STILL_WRITTEN_MS = 1_000;

    private final Deployer deployer;
    private final DeployedFiles files;
    private final DeployProblems problems;
    /** Files that were tried in vain, with the fingerprint that was tried. */
    private final Map<String, Refused> refused = new HashMap<>();
    /** Files that are not whole: their fingerprint, and since when it is that. */
    private final Map<String, Unfinished> unfinished = new HashMap<>();

    private final WatchService watch;
    private volatile boolean closed;

    private record Refused(String fingerprint, boolean mayLackAnother) {}

    /** A jar of a bundle that is not there yet, and the file's fingerprint when it was read: it may be gone by the end. */
    private record Fresh(BundleJar jar, String fingerprint) {}

    private record Unfinished(String fingerprint, long sinceNanos) {}

    @Activate
    public DeployFolder(BundleContext context, @Reference Deployer deployer) throws IOException {
        this.deployer = deployer;
        files = deployer.files();
        problems = new DeployProblems(context);
        watch = java.nio.file.FileSystems.getDefault().newWatchService();
        try {
            files.open();
            files.folder().register(watch, ENTRY_CREATE, ENTRY_MODIFY, ENTRY_DELETE);
        } catch (IOException e) {
            problems.report(files.folder().toString(), e.getMessage());
            return;
        }
        // At the agent's start the deployed bundles are part of being ready. During an update of this very bundle,
        // on the other hand, it is not our turn.
        boolean synced = deployer.tryLock();
        if (synced) {
            try {
                sync();
            } finally {
                deployer.unlock();
            }
        }
        Thread thread = new Thread(() -> watch(synced), "podlane-deploy");
        thread.setDaemon(true);
        thread.start();
    }

    @Deactivate
    public void close() throws IOException {
        closed = true;
        watch.close();
    }

    private void watch(boolean synced) {
        try {
            boolean look = !synced;
            while (!closed) {
                if (look) {
                    deployer.lock();
                    try {
                        if (!closed) {
                            sync();
                        }
                    } finally {
                        deployer.unlock();
                    }
                }
                WatchKey key =
                        unfinished.isEmpty() ? watch.take() : watch.poll(STILL_WRITTEN_MS, TimeUnit.MILLISECONDS);
                look = true;
                if (key != null) {
                    key.pollEvents();
                    key.reset();
                }
            }
        } catch (ClosedWatchServiceException | InterruptedException e) {
            // The bundle stops.
        }
    }

    /** Brings the bundles in line with the folder. */
    private void sync() {
        try {
            files.checkPermissions();
            files.load();
            problems.clear(files.folder().toString());
            Set<String> present = files.present();
            for (String file : files.known()) {
                if (!present.contains(file)) {
                    remove(file);
                }
            }
            refused.keySet().retainAll(present);
            unfinished.keySet().retainAll(present);
            problems.retain(present);
            while (takeIn(present)) {
                // What came may be what another jar lacked.
                refused.values().removeIf(Refused::mayLackAnother);
            }
        } catch (IOException e) {
            problems.report(files.folder().toString(), e.toString());
        }
    }

    private void remove(String file) throws IOException {
        Optional<Bundle> bundle = files.forget(file).flatMap(deployer::find);
        if (bundle.isPresent()) {
            try {
                deployer.revert(bundle.get());
                LOG.info("removed with its jar: bundle={} file={}", bundle.get().getSymbolicName(), file);
            } catch (UpdateFailedException e) {
                problems.report(file, e.getMessage());
            }
        }
    }

    /** Takes in the jars that are new or changed. Returns whether a bundle came that was not there. */
    private boolean takeIn(Set<String> present) throws IOException {
        Map<String, Fresh> fresh = new LinkedHashMap<>();
        for (String file : present) {
            try {
                String fingerprint = files.fingerprint(file);
                if (!isRefused(file, fingerprint) && !isTakenIn(file, fingerprint)) {
                    readWhole(file, fingerprint).ifPresent(jar -> takeOrCollect(file, fingerprint, jar, fresh));
                }
            } catch (java.nio.file.NoSuchFileException e) {
                // Gone again; there is an event of that.
            }
        }
        return install(fresh);
    }

    private boolean isRefused(String file, String fingerprint) {
        return refused.containsKey(file) && refused.get(file).fingerprint().equals(fingerprint);
    }

    private boolean isTakenIn(String file, String fingerprint) {
        return files.isKnown(file, fingerprint)
                && files.bundleOf(file)
                        .map(name -> deployer.find(name).isPresent())
                        .orElse(true);
    }

    private Optional<BundleJar> readWhole(String file, String fingerprint) {
        try {
            BundleJar jar = BundleJar.read(files.folder().resolve(file));
            unfinished.remove(file);
            return Optional.of(jar);
        } catch (IOException e) {
            Unfinished before = unfinished.get(file);
            if (before == null || !before.fingerprint().equals(fingerprint)) {
                unfinished.put(file, new Unfinished(fingerprint, System.nanoTime()));
            } else if (System.nanoTime() - before.sinceNanos() >= TimeUnit.MILLISECONDS.toNanos(STILL_WRITTEN_MS)) {
                unfinished.remove(file);
                refuse(file, fingerprint, false, e.getMessage());
            }
            return Optional.empty();
        }
    }

    private void takeOrCollect(String file, String fingerprint, BundleJar jar, Map<String, Fresh> fresh) {
        Optional<Bundle> existing = deployer.find(jar.symbolicName());
        if (existing.isEmpty()) {
            fresh.put(file, new Fresh(jar, fingerprint));
            return;
        }
        try {
            String done = deployer.update(existing.get(), jar, true);
            accept(file, fingerprint, jar, done);
        } catch (IOException | UpdateFailedException e) {
            refuse(file, fingerprint, false, e.getMessage());
        }
    }

    private boolean install(Map<String, Fresh> fresh) throws IOException {
        if (fresh.isEmpty()) {
            return false;
        }
        Map<String, String> failures =
                deployer.install(fresh.values().stream().map(Fresh::jar).toList());
        boolean installed = false;
        for (var entry : fresh.entrySet()) {
            String file = entry.getKey();
            BundleJar jar = entry.getValue().jar();
            String fingerprint = entry.getValue().fingerprint();
            String failure = failures.get(jar.symbolicName());
            if (failure != null) {
                refuse(file, fingerprint, true, jar + " was refused: " + failure);
            } else {
                accept(file, fingerprint, jar, "installed " + jar);
                installed = true;
            }
        }
        return installed;
    }

    private void accept(String file, String fingerprint, BundleJar jar, String done) throws IOException {
        files.remember(file, fingerprint, jar.symbolicName());
        refused.remove(file);
        problems.clear(file);
        LOG.info("{} file={}", done, file);
    }

    private void refuse(String file, String fingerprint, boolean mayLackAnother, String reason) {
        refused.put(file, new Refused(fingerprint, mayLackAnother));
        problems.report(file, reason);
    }
}
