// SPDX-License-Identifier: Apache-2.0
package io.podlane.deploy;

import io.podlane.resolution.RootCause;
import io.podlane.resolution.UnmetRequirement;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Dictionary;
import java.util.Hashtable;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.startlevel.BundleStartLevel;
import org.osgi.framework.wiring.BundleWiring;
import org.osgi.framework.wiring.FrameworkWiring;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/**
 * Updates, installs and removes bundles, one at a time. It goes on to its end also when the bundle that it is in is the one
 * that is updated: all of its classes are loaded beforehand, and it uses the system bundle's context.
 */
@Component(service = Deployer.class)
public final class Deployer {
    /** Location of bundles that came through the hot-deploy folder, before the symbolic name. */
    static final String DEPLOYED = "deployed:";

    private static final String LOCK_FILTER = "(podlane.lock=deploy)";

    private final BundleContext system;
    private final UpdateStore store;
    private final DeployedFiles files;
    private final Semaphore lock;
    private final int startLevel;

    @Activate
    public Deployer(BundleContext context) {
        Bundle self = context.getBundle();
        system = context.getBundle(0).getBundleContext();
        Path stateDir = Path.of(system.getProperty("podlane.state-dir"));
        store = new UpdateStore(stateDir, Path.of(system.getProperty("podlane.home")));
        files = new DeployedFiles(stateDir);
        lock = sharedLock(system);
        startLevel = self.adapt(BundleStartLevel.class).getStartLevel();
        loadAllClasses(self);
    }

    /** One lock for all versions of this bundle, as a service of the system bundle. */
    private static Semaphore sharedLock(BundleContext system) {
        try {
            var references = system.getServiceReferences(Semaphore.class, LOCK_FILTER);
            for (ServiceReference<Semaphore> reference : references) {
                return system.getService(reference);
            }
        } catch (InvalidSyntaxException e) {
            throw new IllegalStateException(e);
        }
        Dictionary<String, Object> properties = new Hashtable<>();
        properties.put("podlane.lock", "deploy");
        var lock = new Semaphore(1, true);
        system.registerService(Semaphore.class, lock, properties);
        return lock;
    }

    private static void loadAllClasses(Bundle self) {
        BundleWiring wiring = self.adapt(BundleWiring.class);
        int options = BundleWiring.LISTRESOURCES_LOCAL | BundleWiring.LISTRESOURCES_RECURSE;
        for (String resource : wiring.listResources("/io/podlane", "*.class", options)) {
            String name =
                    resource.substring(0, resource.length() - ".class".length()).replace('/', '.');
            try {
                Class.forName(name, true, wiring.getClassLoader());
            } catch (ClassNotFoundException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    DeployedFiles files() {
        return files;
    }

    /** Takes the turn if nobody has it. */
    boolean tryLock() {
        return lock.tryAcquire();
    }

    void lock() throws InterruptedException {
        lock.acquire();
    }

    void unlock() {
        lock.release();
    }

    /** The bundle of a name; of several versions, the latest. */
    Optional<Bundle> find(String symbolicName) {
        return Arrays.stream(system.getBundles())
                .filter(bundle -> symbolicName.equals(bundle.getSymbolicName()) && bundle.getBundleId() != 0)
                .max(Comparator.comparing(Bundle::getVersion));
    }

    /**
     * Replaces a bundle's jar, or leaves all as it was.
     *
     * @param fromFolder whether the jar lies in the hot-deploy folder, where a restarted agent finds it
     * @return what was done, for a person
     */
    String update(Bundle bundle, BundleJar jar, boolean fromFolder) throws IOException, UpdateFailedException {
        String name = bundle.getSymbolicName();
        BundleJar prepared = store.prepare(jar);
        Path rollback = store.rollback(name);
        try {
            BundleJar old = RunningJar.save(bundle, rollback);
            long start = System.nanoTime();
            List<String> others = Transaction.update(system, bundle, prepared, old);
            long ms = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
            remember(bundle, prepared, fromFolder);
            return "updated " + old + " to " + jar.version() + " in " + ms + " ms"
                    + (others.isEmpty() ? "" : "; restarted with it: " + String.join(", ", others));
        } finally {
            Files.deleteIfExists(rollback);
            Files.deleteIfExists(prepared.path());
        }
    }

    private void remember(Bundle bundle, BundleJar prepared, boolean fromFolder) throws UpdateFailedException {
        try {
            if (store.isOfDistribution(bundle)) {
                store.commit(bundle, prepared);
                if (!fromFolder) {
                    files.disown(bundle.getSymbolicName());
                }
            } else if (!fromFolder) {
                files.replaceOwned(bundle.getSymbolicName(), prepared.path());
            }
        } catch (IOException e) {
            throw new UpdateFailedException(
                    prepared + " runs now, but it could not be stored, so a restarted agent runs what was before: " + e,
                    e);
        }
    }

    /** Installs and starts bundles that may need each other. Returns why some were not, by symbolic name. */
    Map<String, String> install(List<BundleJar> jars) {
        Map<String, String> failures = new LinkedHashMap<>();
        List<Bundle> installed = new ArrayList<>();
        for (BundleJar jar : jars) {
            try (InputStream in = jar.open()) {
                Bundle bundle = system.installBundle(DEPLOYED + jar.symbolicName(), in);
                bundle.adapt(BundleStartLevel.class).setStartLevel(startLevel);
                installed.add(bundle);
            } catch (BundleException | IOException | RuntimeException e) {
                failures.put(jar.symbolicName(), RootCause.of(e));
            }
        }
        for (Bundle bundle : installed) {
            String name = bundle.getSymbolicName();
            Health before = Health.read(system, name);
            startNew(bundle)
                    .or(() -> Health.read(system, name).newFailure(before))
                    .ifPresent(reason -> failures.put(name, reason));
        }
        for (Bundle bundle : installed) {
            if (failures.containsKey(bundle.getSymbolicName())) {
                try {
                    uninstall(bundle);
                } catch (UpdateFailedException e) {
                    failures.merge(bundle.getSymbolicName(), e.getMessage(), (a, b) -> a + "; " + b);
                }
            }
        }
        return failures;
    }

    private Optional<String> startNew(Bundle bundle) {
        try {
            bundle.start(Bundle.START_ACTIVATION_POLICY);
            return Optional.empty();
        } catch (BundleException | RuntimeException e) {
            Optional<UnmetRequirement> unmet =
                    bundle.getState() == Bundle.INSTALLED ? UnmetRequirement.of(bundle, system) : Optional.empty();
            return Optional.of(unmet.map(u -> u.describe(bundle)).orElseGet(() -> RootCause.of(e)));
        }
    }

    /** Puts a bundle of the distribution back that was removed. */
    Optional<String> installRemoved(String symbolicName) throws IOException, UpdateFailedException {
        Optional<String> location = store.removed(symbolicName);
        if (location.isEmpty()) {
            return Optional.empty();
        }
        BundleJar jar = BundleJar.read(store.original(location.get()));
        try (InputStream in = jar.open()) {
            Bundle bundle = system.installBundle(location.get(), in);
            bundle.start(Bundle.START_ACTIVATION_POLICY);
        } catch (BundleException e) {
            throw new UpdateFailedException(jar + " did not start: " + RootCause.of(e), e);
        }
        store.forget(symbolicName);
        return Optional.of("installed " + jar);
    }

    /** Removes a bundle now and for later starts. */
    void remove(Bundle bundle) throws IOException, UpdateFailedException {
        if (store.isOfDistribution(bundle)) {
            store.remove(bundle);
        } else {
            files.deleteOwned(bundle.getSymbolicName());
        }
        uninstall(bundle);
    }

    /** Puts the distribution's jar back, or removes the bundle if the distribution has none. */
    void revert(Bundle bundle) throws IOException, UpdateFailedException {
        if (store.isOfDistribution(bundle)) {
            update(bundle, BundleJar.read(store.original(bundle.getLocation())), true);
        } else {
            uninstall(bundle);
        }
    }

    private void uninstall(Bundle bundle) throws UpdateFailedException {
        try {
            bundle.uninstall();
        } catch (BundleException e) {
            throw new UpdateFailedException(bundle.getSymbolicName() + " could not be removed: " + RootCause.of(e), e);
        }
        FrameworkWiring wiring = system.getBundle(0).adapt(FrameworkWiring.class);
        if (wiring.getRemovalPendingBundles().contains(bundle)) {
            // Others use its packages: they must find other providers, or stop.
            Transaction.refresh(wiring, wiring.getDependencyClosure(List.of(bundle)));
        }
    }
}
