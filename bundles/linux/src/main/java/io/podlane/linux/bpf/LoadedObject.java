// SPDX-License-Identifier: Apache-2.0
package io.podlane.linux.bpf;

import io.podlane.api.bpf.BpfMap;
import io.podlane.api.bpf.BpfObject;
import io.podlane.api.bpf.Codec;
import io.podlane.api.bpf.MappedArray;
import io.podlane.api.bpf.Program;
import io.podlane.api.bpf.RingBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/** A loaded object; owns the descriptors of its programs and maps. */
final class LoadedObject implements BpfObject {
    private static final Set<LoadedObject> OPEN = ConcurrentHashMap.newKeySet();

    private final String name;
    private final Map<String, LoadedProgram> programs;
    private final Map<String, OpenMap> maps;
    private final GracePeriod gracePeriod;
    private final Consumer<LoadedObject> onClose;
    private final List<AutoCloseable> views = new ArrayList<>();
    private boolean closed;

    LoadedObject(
            String name,
            Map<String, LoadedProgram> programs,
            Map<String, OpenMap> maps,
            GracePeriod gracePeriod,
            Consumer<LoadedObject> onClose) {
        this.name = name;
        this.programs = programs;
        this.maps = maps;
        this.gracePeriod = gracePeriod;
        this.onClose = onClose;
        OPEN.add(this);
    }

    /** Whether an open object has this program. */
    static boolean holds(int programId) {
        return OPEN.stream().flatMap(o -> o.programs.values().stream()).anyMatch(p -> p.id() == programId);
    }

    @Override
    public Program program(String program) {
        return find(programs, program, "program");
    }

    @Override
    public <K, V> BpfMap<K, V> map(String map, Codec<K> key, Codec<V> value) {
        return new KernelMap<>(find(maps, map, "map"), key, value);
    }

    @Override
    public synchronized MappedArray mappedArray(String map) {
        return view(new MappedMemory(find(maps, map, "map"), gracePeriod));
    }

    @Override
    public synchronized RingBuffer ringBuffer(String map) {
        return view(new KernelRingBuffer(find(maps, map, "map")));
    }

    private <T extends AutoCloseable> T view(T view) {
        views.add(view);
        return view;
    }

    /** Pins a map, if it has one of that name. */
    synchronized boolean pinMap(String map, Path pin) {
        if (closed || !maps.containsKey(map)) {
            return false;
        }
        Bpf.pin(maps.get(map).fd().number(), pin, "map " + map);
        return true;
    }

    private <T> T find(Map<String, T> among, String wanted, String kind) {
        T found = among.get(wanted);
        if (found == null) {
            throw new IllegalArgumentException(
                    "BPF object " + name + " has no " + kind + " " + wanted + "; it has " + among.keySet());
        }
        return found;
    }

    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        OPEN.remove(this);
        onClose.accept(this);
        for (AutoCloseable view : views) {
            closeQuietly(view);
        }
        programs.values().forEach(LoadedProgram::close);
        maps.values().forEach(map -> map.fd().close());
    }

    private static void closeQuietly(AutoCloseable view) {
        try {
            view.close();
        } catch (Exception e) {
            throw new IllegalStateException("unmapping cannot fail", e);
        }
    }

    @Override
    public String toString() {
        return name;
    }
}
