// SPDX-License-Identifier: Apache-2.0
package io.podlane.deploy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Descriptor;
import org.apache.felix.service.command.annotations.GogoCommand;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleException;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code podlane:update}, {@code install}, {@code uninstall}, {@code start} and {@code stop}. */
@Component(service = DeployCommands.class)
@GogoCommand(
        scope = "podlane",
        function = {"update", "install", "uninstall", "start", "stop"})
public final class DeployCommands {
    private final Deployer deployer;

    @Activate
    public DeployCommands(@Reference Deployer deployer) {
        this.deployer = deployer;
    }

    /** What a command does in its turn. */
    @FunctionalInterface
    private interface Work {
        String run() throws IOException, UpdateFailedException;
    }

    /** On a thread of its own, since the shell interrupts its own when it is updated itself, or when the client leaves. */
    private String inTurn(Work work) throws IOException, UpdateFailedException, InterruptedException {
        var task = new FutureTask<>(() -> {
            deployer.lock();
            try {
                deployer.files().load();
                return work.run();
            } finally {
                deployer.unlock();
            }
        });
        boolean withOutputOfTheCommand = false;
        new Thread(null, task, "podlane-update", 0, withOutputOfTheCommand).start();
        try {
            return task.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException io) {
                throw io;
            }
            if (e.getCause() instanceof UpdateFailedException failure) {
                throw failure;
            }
            throw new IllegalStateException(e.getCause());
        }
    }

    @Descriptor("replaces a bundle by another version; if that does not run, the one before is put back")
    public String update(
            CommandSession session,
            @Descriptor("the bundle's symbolic name") String symbolicName,
            @Descriptor("the new jar") String file)
            throws IOException, UpdateFailedException, InterruptedException {
        BundleJar jar = BundleJar.read(path(session, file));
        if (!jar.symbolicName().equals(symbolicName)) {
            throw new UpdateFailedException(file + " is " + jar + ", not " + symbolicName);
        }
        return inTurn(() -> deployer.update(existing(symbolicName), jar, false));
    }

    @Descriptor(
            "installs a bundle, as putting its jar into the hot-deploy folder does; or one again that was uninstalled")
    public String install(
            CommandSession session,
            @Descriptor("the jar; or the symbolic name of a bundle of the distribution that was uninstalled")
                    String fileOrName)
            throws IOException, UpdateFailedException, InterruptedException {
        Path file = path(session, fileOrName);
        if (!Files.exists(file)) {
            return inTurn(() -> deployer.installRemoved(fileOrName)
                    .orElseThrow(() -> new UpdateFailedException("no file " + file)));
        }
        BundleJar jar = BundleJar.read(file);
        return inTurn(() -> install(jar));
    }

    private String install(BundleJar jar) throws IOException, UpdateFailedException {
        Optional<Bundle> existing = deployer.find(jar.symbolicName());
        if (existing.isPresent()) {
            throw new UpdateFailedException(jar.symbolicName() + " "
                    + existing.get().getVersion() + " is installed already; use podlane:update");
        }
        deployer.files().open();
        Map<String, String> failures = deployer.install(List.of(jar));
        if (!failures.isEmpty()) {
            throw new UpdateFailedException(jar + " was refused: " + failures.get(jar.symbolicName()));
        }
        deployer.files().replaceOwned(jar.symbolicName(), jar.path());
        return "installed " + jar;
    }

    @Descriptor("removes a bundle")
    public String uninstall(@Descriptor("the bundle's symbolic name") String symbolicName)
            throws IOException, UpdateFailedException, InterruptedException {
        return inTurn(() -> {
            Bundle bundle = existing(symbolicName);
            deployer.remove(bundle);
            return "uninstalled " + symbolicName + " " + bundle.getVersion();
        });
    }

    @Descriptor("starts a bundle that was stopped")
    public String start(@Descriptor("the bundle's symbolic name") String symbolicName)
            throws IOException, UpdateFailedException, InterruptedException {
        return inTurn(
                () -> changeState(symbolicName, "started", bundle -> bundle.start(Bundle.START_ACTIVATION_POLICY)));
    }

    @Descriptor("stops a bundle on purpose: what it attached is detached after the linger time, and it stays stopped")
    public String stop(@Descriptor("the bundle's symbolic name") String symbolicName)
            throws IOException, UpdateFailedException, InterruptedException {
        return inTurn(() -> changeState(symbolicName, "stopped", Bundle::stop));
    }

    /** Starts or stops a bundle. */
    @FunctionalInterface
    private interface Change {
        void apply(Bundle bundle) throws BundleException;
    }

    private String changeState(String symbolicName, String done, Change change) throws UpdateFailedException {
        Bundle bundle = existing(symbolicName);
        try {
            change.apply(bundle);
            return done + " " + symbolicName + " " + bundle.getVersion();
        } catch (BundleException e) {
            throw new UpdateFailedException(symbolicName + " could not be " + done + ": " + e.getMessage());
        }
    }

    private Bundle existing(String symbolicName) throws UpdateFailedException {
        return deployer.find(symbolicName)
                .orElseThrow(() -> new UpdateFailedException(
                        "no bundle " + symbolicName + "; `podlane:status -o json` lists the bundles"));
    }

    private static Path path(CommandSession session, String file) {
        return session.currentDir().resolve(file);
    }
}
