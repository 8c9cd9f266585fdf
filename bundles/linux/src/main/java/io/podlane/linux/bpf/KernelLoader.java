// SPDX-License-Identifier: Apache-2.0
package io.podlane.linux.bpf;

import io.podlane.api.bpf.BpfLoader;
import io.podlane.api.bpf.BpfObject;
import io.podlane.api.bpf.BpfSource;
import io.podlane.api.bpf.Program;
import io.podlane.api.node.NodeConfig;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.ComponentContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.ServiceScope;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The loader of one bundle. Takes what is pinned where it can, and asks libbpf where not.
 *
 * <p>Also made without a framework, by tests: {@link #KernelLoader(Path, String)}.
 */
@Component(service = BpfLoader.class, scope = ServiceScope.BUNDLE)
public final class KernelLoader implements BpfLoader, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(KernelLoader.class);
    // libbpf's callback is one for the process, and two objects may share pinned maps: one load at a time.
    private static final Object ONE_LOAD = new Object();

    private static final Set<KernelLoader> LOADERS = ConcurrentHashMap.newKeySet();

    private final Path bpffs;
    private final String owner;
    private final GracePeriod gracePeriod = new GracePeriod();
    private final Set<LoadedObject> open = ConcurrentHashMap.newKeySet();

    @Activate
    public KernelLoader(ComponentContext component, BundleContext context) {
        this(NodeConfig.of(context).bpffs(), component.getUsingBundle().getSymbolicName());
    }

    /**
     * @param bpffs the folder on a BPF file system for pins
     * @param owner the symbolic name of the bundle whose programs are loaded
     */
    public KernelLoader(Path bpffs, String owner) {
        this.bpffs = bpffs;
        this.owner = owner;
        LOADERS.add(this);
    }

    @Override
    public BpfObject load(BpfSource source) {
        synchronized (ONE_LOAD) {
            return hold(adoptOrLoad(Blueprint.of(source)));
        }
    }

    private LoadedObject adoptOrLoad(Blueprint blueprint) {
        Path mapFolder = bpffs.resolve("maps");
        Pins.makeFolder(mapFolder);
        var programPins = new ProgramPins(bpffs, owner);
        var pinned = new HashMap<String, OpenMap>();
        var programs = new HashMap<String, Fd>();
        try {
            blueprint.pinnedMaps().forEach(this::pinAgain);
            PinnedMaps.open(blueprint, mapFolder, pinned);
            if (pinned.keySet().containsAll(blueprint.pinnedMaps())) {
                var identities = blueprint.identities(pinned);
                var adopted = programPins.open(identities);
                if (adopted.isPresent()) {
                    programs.putAll(adopted.get());
                    if (PinnedMaps.openPrivate(blueprint, programs.values(), pinned)) {
                        return object(blueprint, identities, programs, pinned);
                    }
                    programs.values().forEach(Fd::close);
                    programs.clear();
                }
            }
            pinned.values().forEach(map -> map.fd().close());
            pinned.clear();
            ColdLoad.run(blueprint, mapFolder, programs, pinned);
            var identities = blueprint.identities(pinned);
            programPins.pin(identities, programs);
            return object(blueprint, identities, programs, pinned);
        } catch (RuntimeException e) {
            programs.values().forEach(Fd::close);
            pinned.values().forEach(map -> map.fd().close());
            throw e;
        }
    }

    /**
     * Somebody removed the pin of a map that other bundles hold: a new map in its place would be one that nobody fills, or
     * that nobody reads.
     */
    private void pinAgain(String map) {
        Path pin = bpffs.resolve("maps").resolve(map);
        if (!Files.exists(pin, LinkOption.NOFOLLOW_LINKS)
                && LOADERS.stream()
                        .filter(loader -> loader.bpffs.equals(bpffs))
                        .flatMap(loader -> loader.open.stream())
                        .anyMatch(object -> object.pinMap(map, pin))) {
            LOG.warn("map={} pin={} was removed, pinned again", map, pin);
        }
    }

    private LoadedObject object(
            Blueprint blueprint, Map<String, String> identities, Map<String, Fd> programs, Map<String, OpenMap> maps) {
        var loaded = new HashMap<String, LoadedProgram>();
        programs.forEach((name, fd) ->
                loaded.put(name, new LoadedProgram(name, identities.get(name), fd, () -> copy(blueprint, name))));
        return new LoadedObject(blueprint.source().name(), loaded, Map.copyOf(maps), gracePeriod, open::remove);
    }

    /** Loads once more what is pinned already, with the same pinned maps; not pinned itself. */
    private Program copy(Blueprint blueprint, String name) {
        synchronized (ONE_LOAD) {
            var programs = new HashMap<String, Fd>();
            var maps = new HashMap<String, OpenMap>();
            ColdLoad.run(blueprint, bpffs.resolve("maps"), programs, maps);
            return hold(object(blueprint, blueprint.identities(maps), programs, maps))
                    .program(name);
        }
    }

    private LoadedObject hold(LoadedObject object) {
        open.add(object);
        return object;
    }

    /** Closes what the bundle has left open. */
    @Deactivate
    @Override
    public void close() {
        LOADERS.remove(this);
        List<LoadedObject> left = new ArrayList<>(open);
        left.forEach(LoadedObject::close);
        gracePeriod.close();
    }
}
