// SPDX-License-Identifier: Apache-2.0
package io.podlane.linux.bpf;

import io.podlane.api.kernel.Errno;
import io.podlane.api.kernel.KernelException;
import io.podlane.api.kernel.VerifierException;
import io.podlane.linux.ffi.Libbpf;
import io.podlane.linux.ffi.Native;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Loads an object through libbpf. If that fails, nothing stays. Only one at a time. */
final class ColdLoad {
    private static final int LOG_BYTES = 1 << 20;
    private static final int F_DUPFD_CLOEXEC = 1030;
    private static final long FCNTL = Native.libc("fcntl");

    private final Blueprint blueprint;
    private final Path mapFolder;
    private final Libbpf libbpf;

    private ColdLoad(Blueprint blueprint, Path mapFolder) {
        this.blueprint = blueprint;
        this.mapFolder = mapFolder;
        try {
            this.libbpf = Libbpf.get();
        } catch (UnsatisfiedLinkError e) {
            throw new KernelException("load BPF object", blueprint.source().name(), Errno.ENOENT, e.getMessage());
        }
    }

    /**
     * Loads programs and maps and hands over their descriptors.
     *
     * @throws VerifierException if the verifier rejects a program
     */
    static void run(Blueprint blueprint, Path mapFolder, Map<String, Fd> programs, Map<String, OpenMap> maps) {
        new ColdLoad(blueprint, mapFolder).run(programs, maps);
    }

    private void run(Map<String, Fd> programs, Map<String, OpenMap> maps) {
        List<Path> absent = absentPins();
        try {
            int result = attempt(Map.of(), programs, maps);
            if (result < 0) {
                absent.forEach(Pins::remove);
                explain(result, programs, maps);
            }
        } catch (RuntimeException e) {
            absent.forEach(Pins::remove);
            throw e;
        }
    }

    /** libbpf pins new maps before it loads programs; if those fail, the pins must go again. */
    private List<Path> absentPins() {
        return blueprint.pinnedMaps().stream()
                .map(mapFolder::resolve)
                .filter(pin -> !Files.exists(pin, LinkOption.NOFOLLOW_LINKS))
                .toList();
    }

    /** Tries once more, with a log: a log costs time, so it is kept only when there is something to explain. */
    private void explain(int result, Map<String, Fd> programs, Map<String, OpenMap> maps) {
        var logs = new HashMap<String, ByteBuffer>();
        blueprint.programs().forEach(name -> logs.put(name, Native.allocate(LOG_BYTES)));
        var messages = new ArrayList<String>();
        int[] second = {0};
        libbpf.listening(messages::add, () -> second[0] = attempt(logs, programs, maps));
        if (second[0] >= 0) {
            return;
        }
        var errno = new Errno(-result);
        for (var log : logs.entrySet()) {
            String text = text(log.getValue());
            if (!text.isBlank()) {
                throw new VerifierException(log.getKey(), blueprint.source().name(), errno, text);
            }
        }
        throw new KernelException("load BPF object", blueprint.source().name(), errno, String.join("\n", messages));
    }

    private static String text(ByteBuffer log) {
        int end = 0;
        while (end < log.capacity() && log.get(end) != 0) {
            end++;
        }
        byte[] bytes = new byte[end];
        log.get(0, bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private int attempt(Map<String, ByteBuffer> logs, Map<String, Fd> programs, Map<String, OpenMap> maps) {
        byte[] bytes = blueprint.source().elf();
        ByteBuffer elf = Native.allocate(bytes.length).put(bytes);
        ByteBuffer name = Native.string(objectName());
        ByteBuffer pins = Native.string(mapFolder.toString());
        long object = libbpf.open(elf, name, pins);
        if (object == 0) {
            return -Native.errno();
        }
        try {
            blueprint.source().mapSizes().forEach((map, size) -> libbpf.setMaxEntries(map(object, map), size));
            setConstants(object);
            logs.forEach((program, log) -> libbpf.setLogBuffer(program(object, program), log));
            int result = libbpf.load(object);
            if (result == 0) {
                takeOver(object, programs, maps);
            }
            return result;
        } finally {
            libbpf.close(object);
            Native.keep(elf, name, pins);
            logs.values().forEach(Native::keep);
        }
    }

    private String objectName() {
        String name = blueprint.source().name();
        int dot = name.indexOf('.');
        return dot < 0 ? name : name.substring(0, dot);
    }

    private void setConstants(long object) {
        if (blueprint.constants().isEmpty()) {
            return;
        }
        ByteBuffer rodata = libbpf.initialValue(map(object, ".rodata"));
        blueprint.constants().forEach((name, constant) -> {
            byte[] value = blueprint.source().constants().get(name);
            rodata.put(constant.offset(), value);
        });
    }

    /** Duplicates the descriptors, for the object's own are closed with it. */
    private void takeOver(long object, Map<String, Fd> programs, Map<String, OpenMap> maps) {
        for (String name : blueprint.programs()) {
            programs.put(name, duplicate(libbpf.programFd(program(object, name)), "program " + name));
        }
        for (String name : blueprint.maps().keySet()) {
            maps.put(name, OpenMap.of(name, duplicate(libbpf.mapFd(map(object, name)), "map " + name)));
        }
    }

    private static Fd duplicate(int fd, String what) {
        int copy = (int) Native.call(FCNTL, fd, F_DUPFD_CLOEXEC, 0);
        if (copy < 0) {
            throw new KernelException("keep open", what, new Errno(Native.errno()));
        }
        return new Fd(copy, what);
    }

    private long map(long object, String name) {
        return found(libbpf.map(object, Native.string(name)), "map " + name);
    }

    private long program(long object, String name) {
        return found(libbpf.program(object, Native.string(name)), "program " + name);
    }

    private long found(long handle, String what) {
        if (handle == 0) {
            throw new IllegalArgumentException(
                    "BPF object " + blueprint.source().name() + ": libbpf finds no " + what + " in it");
        }
        return handle;
    }
}
