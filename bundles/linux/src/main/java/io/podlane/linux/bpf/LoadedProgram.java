// SPDX-License-Identifier: Apache-2.0
package io.podlane.linux.bpf;

import io.podlane.api.bpf.Program;
import io.podlane.linux.ffi.Native;
import java.nio.ByteBuffer;
import java.util.function.Supplier;

/** A program that the loader holds. */
final class LoadedProgram implements Program, AutoCloseable {
    // A program may put headers in front: room for what the kernel gives back.
    private static final int ROOM = 512;

    private final String name;
    private final String identity;
    private final Fd fd;
    private final int id;
    private final Supplier<Program> copy;

    LoadedProgram(String name, String identity, Fd fd, Supplier<Program> copy) {
        this.name = name;
        this.identity = identity;
        this.fd = fd;
        this.id = Bpf.info(fd.number(), "program " + name).getInt(4);
        this.copy = copy;
    }

    /** The descriptor, for a link; this object stays its owner. */
    static int fd(Program program) {
        if (program instanceof LoadedProgram loaded) {
            return loaded.fd.number();
        }
        throw new IllegalArgumentException("program " + program.name() + " was not loaded by the BpfLoader service");
    }

    /** The same program, loaded once more: the kernel refuses one program twice in one list. */
    static Program copyOf(Program program) {
        if (program instanceof LoadedProgram loaded) {
            return loaded.copy.get();
        }
        throw new IllegalArgumentException("program " + program.name() + " was not loaded by the BpfLoader service");
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int id() {
        return id;
    }

    @Override
    public String identity() {
        return identity;
    }

    @Override
    public TestRun test(byte[] packet) {
        ByteBuffer in = Native.allocate(packet.length).put(packet);
        ByteBuffer out = Native.allocate(packet.length + ROOM);
        ByteBuffer attr = Bpf.attr()
                .putInt(0, fd.number())
                .putInt(8, packet.length)
                .putInt(12, out.capacity())
                .putLong(16, Native.address(in))
                .putLong(24, Native.address(out))
                .putInt(32, 1);
        Bpf.call(Bpf.PROG_TEST_RUN, attr, "test-run program", name);
        Native.keep(in, out);
        byte[] after = new byte[attr.getInt(12)];
        out.get(0, after);
        return new TestRun(attr.getInt(4), after, Integer.toUnsignedLong(attr.getInt(36)));
    }

    @Override
    public void close() {
        fd.close();
    }

    @Override
    public String toString() {
        return name + " (" + id + ")";
    }
}
