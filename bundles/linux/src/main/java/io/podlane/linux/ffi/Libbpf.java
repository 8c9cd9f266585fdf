// SPDX-License-Identifier: Apache-2.0
package io.podlane.linux.ffi;

import com.kenai.jffi.CallingConvention;
import com.kenai.jffi.Closure;
import com.kenai.jffi.ClosureManager;
import com.kenai.jffi.Library;
import com.kenai.jffi.Type;
import java.nio.ByteBuffer;
import java.util.function.Consumer;

/**
 * The part of libbpf (1.0 or newer) that opens and loads objects. Loaded on first use, since a start that finds everything
 * pinned needs none of it. Its print callback is global to the process, so callers use one thread at a time.
 */
public final class Libbpf {
    private static final int OPEN_OPTS_SIZE = 80;
    private static Libbpf instance;

    private final long openMem;
    private final long load;
    private final long close;
    private final long findMap;
    private final long findProgram;
    private final long setMaxEntries;
    private final long initialValue;
    private final long mapFd;
    private final long programFd;
    private final long setLogBuf;
    private final long setPrint;

    private Libbpf(Library library) {
        openMem = Native.symbol(library, "bpf_object__open_mem");
        load = Native.symbol(library, "bpf_object__load");
        close = Native.symbol(library, "bpf_object__close");
        findMap = Native.symbol(library, "bpf_object__find_map_by_name");
        findProgram = Native.symbol(library, "bpf_object__find_program_by_name");
        setMaxEntries = Native.symbol(library, "bpf_map__set_max_entries");
        initialValue = Native.symbol(library, "bpf_map__initial_value");
        mapFd = Native.symbol(library, "bpf_map__fd");
        programFd = Native.symbol(library, "bpf_program__fd");
        setLogBuf = Native.symbol(library, "bpf_program__set_log_buf");
        setPrint = Native.symbol(library, "libbpf_set_print");
        Native.call(setPrint, 0); // no messages on standard error
    }

    /** The library. */
    public static synchronized Libbpf get() {
        if (instance == null) {
            Library library = Library.getCachedInstance("libbpf.so.1", Library.LAZY | Library.LOCAL);
            if (library == null) {
                throw new UnsatisfiedLinkError(
                        "libbpf 1.0 or newer is needed (Debian package libbpf1): " + Library.getLastError());
            }
            instance = new Libbpf(library);
        }
        return instance;
    }

    /** bpf_object__open_mem; 0 on error. */
    public long open(ByteBuffer elf, ByteBuffer name, ByteBuffer pinRoot) {
        // struct bpf_object_open_opts: sz, object_name, relaxed_maps, pin_root_path, ...
        ByteBuffer options = Native.allocate(OPEN_OPTS_SIZE);
        options.putLong(0, OPEN_OPTS_SIZE).putLong(8, Native.address(name)).putLong(24, Native.address(pinRoot));
        long object = Native.call(openMem, Native.address(elf), elf.capacity(), Native.address(options));
        Native.keep(elf, name, pinRoot, options);
        return object;
    }

    /** bpf_object__load; a negative error number on error. */
    public int load(long object) {
        return (int) Native.call(load, object);
    }

    public void close(long object) {
        Native.call(close, object);
    }

    /** A map by its name, or {@code .rodata}; 0 if there is none. */
    public long map(long object, ByteBuffer name) {
        long map = Native.call(findMap, object, Native.address(name), 0);
        Native.keep(name);
        return map;
    }

    /** A program by its name; 0 if there is none. */
    public long program(long object, ByteBuffer name) {
        long program = Native.call(findProgram, object, Native.address(name), 0);
        Native.keep(name);
        return program;
    }

    public int setMaxEntries(long map, int entries) {
        return (int) Native.call(setMaxEntries, map, Integer.toUnsignedLong(entries), 0);
    }

    /** What a data section will hold, writable until the object is loaded. */
    public ByteBuffer initialValue(long map) {
        ByteBuffer size = Native.allocate(Long.BYTES);
        long address = Native.call(initialValue, map, Native.address(size), 0);
        return Native.memory(address, Math.toIntExact(size.getLong(0)));
    }

    /** A loaded map's descriptor; the object owns it. */
    public int mapFd(long map) {
        return (int) Native.call(mapFd, map);
    }

    /** A loaded program's descriptor; the object owns it. */
    public int programFd(long program) {
        return (int) Native.call(programFd, program);
    }

    /** Where the verifier writes its log if it rejects the program; the caller keeps the buffer until after the load. */
    public void setLogBuffer(long program, ByteBuffer buffer) {
        Native.call(setLogBuf, program, Native.address(buffer), buffer.capacity());
    }

    /** Runs something and passes on what libbpf would have printed meanwhile. */
    public void listening(Consumer<String> messages, Runnable action) {
        long vsnprintf = Native.libc("vsnprintf");
        ByteBuffer line = Native.allocate(2048);
        // int print(enum libbpf_print_level, const char *format, va_list): a va_list is passed as a pointer on both
        // machines, on x86-64 because it is an array, on arm64 because it is a large structure.
        Closure print = call -> {
            int level = call.getInt(0);
            if (level <= 1) { // LIBBPF_WARN, LIBBPF_INFO
                Native.call(
                        vsnprintf, Native.address(line), line.capacity(), call.getAddress(1), call.getAddress(2), 0, 0);
                messages.accept(Native.string(Native.address(line)).strip());
            }
            call.setIntReturn(0);
        };
        Closure.Handle handle = ClosureManager.getInstance()
                .newClosure(
                        print,
                        Type.SINT32,
                        new Type[] {Type.SINT32, Type.POINTER, Type.POINTER},
                        CallingConvention.DEFAULT);
        Native.call(setPrint, handle.getAddress());
        try {
            action.run();
        } finally {
            Native.call(setPrint, 0);
            handle.dispose();
        }
    }
}
