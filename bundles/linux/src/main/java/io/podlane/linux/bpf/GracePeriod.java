// SPDX-License-Identifier: Apache-2.0
package io.podlane.linux.bpf;

import io.podlane.linux.ffi.Native;
import java.nio.ByteBuffer;

/**
 * Waits until every program that runs now has ended: the kernel does that at every update of a map of maps
 * (kernel/bpf/syscall.c, maybe_wait_bpf_programs).
 */
final class GracePeriod implements AutoCloseable {
    private Fd inner;
    private Fd outer;

    void await() {
        int innerFd;
        int outerFd;
        synchronized (this) {
            if (outer == null) {
                inner = create(MapLayout.ARRAY, 0);
                outer = create(MapLayout.ARRAY_OF_MAPS, inner.number());
            }
            innerFd = inner.number();
            outerFd = outer.number();
        }
        ByteBuffer key = Native.allocate(Integer.BYTES);
        ByteBuffer value = Native.allocate(Integer.BYTES).putInt(0, innerFd);
        ByteBuffer attr =
                Bpf.attr().putInt(0, outerFd).putLong(8, Native.address(key)).putLong(16, Native.address(value));
        Bpf.call(Bpf.MAP_UPDATE_ELEM, attr, "wait for running programs", "map of maps");
        Native.keep(key, value);
    }

    private static Fd create(int type, int innerFd) {
        ByteBuffer attr = Bpf.attr()
                .putInt(0, type)
                .putInt(4, Integer.BYTES)
                .putInt(8, Integer.BYTES)
                .putInt(12, 1)
                .putInt(20, innerFd);
        return new Fd(Bpf.call(Bpf.MAP_CREATE, attr, "create map", "for grace periods"), "map for grace periods");
    }

    @Override
    public synchronized void close() {
        if (outer != null) {
            outer.close();
            inner.close();
            outer = null;
        }
    }
}
