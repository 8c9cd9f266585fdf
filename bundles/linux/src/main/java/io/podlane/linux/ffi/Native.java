// SPDX-License-Identifier: Apache-2.0
package io.podlane.linux.ffi;

import com.kenai.jffi.CallContext;
import com.kenai.jffi.CallingConvention;
import com.kenai.jffi.Invoker;
import com.kenai.jffi.LastError;
import com.kenai.jffi.Library;
import com.kenai.jffi.MemoryIO;
import com.kenai.jffi.Type;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Native functions whose arguments are all integers or pointers, called through jffi, the layer under jnr-ffi: that
 * would generate a class for each, which costs 150 ms at start. Private to this bundle; from platform threads only, since errno is wrong
 * now and then on virtual ones.
 */
public final class Native {
    private static final MemoryIO MEMORY = MemoryIO.getInstance();
    private static final Invoker INVOKER = Invoker.getInstance();
    // Both calling conventions we run on pass six integers in registers, and a callee with fewer ignores the rest.
    private static final CallContext SIX_WORDS = CallContext.getCallContext(
            Type.SINT64,
            new Type[] {Type.SINT64, Type.SINT64, Type.SINT64, Type.SINT64, Type.SINT64, Type.SINT64},
            CallingConvention.DEFAULT,
            true);
    private static final Library LIBC = Library.getCachedInstance("libc.so.6", Library.LAZY | Library.GLOBAL);

    private Native() {}

    /** A function of the C library. */
    public static long libc(String name) {
        return symbol(LIBC, name);
    }

    /** A library's function, by address. */
    public static long symbol(Library library, String name) {
        long address = library.getSymbolAddress(name);
        if (address == 0) {
            throw new UnsatisfiedLinkError("no function " + name + ": " + Library.getLastError());
        }
        return address;
    }

    public static long call(long function, long a, long b, long c, long d, long e, long f) {
        return INVOKER.invokeL6(SIX_WORDS, function, a, b, c, d, e, f);
    }

    public static long call(long function, long a, long b, long c) {
        return INVOKER.invokeL6(SIX_WORDS, function, a, b, c, 0, 0, 0);
    }

    public static long call(long function, long a) {
        return INVOKER.invokeL6(SIX_WORDS, function, a, 0, 0, 0, 0, 0);
    }

    /** The errno that this thread's last call left. */
    public static int errno() {
        return LastError.getInstance().get();
    }

    /** A zeroed buffer outside the heap, in the node's byte order. */
    public static ByteBuffer allocate(int size) {
        return ByteBuffer.allocateDirect(size).order(ByteOrder.nativeOrder());
    }

    /** A string as C wants it. */
    public static ByteBuffer string(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return allocate(bytes.length + 1).put(bytes).rewind();
    }

    /** Where a direct buffer begins. Keep the buffer reachable as long as the address is used. */
    public static long address(ByteBuffer buffer) {
        return MEMORY.getDirectBufferAddress(buffer);
    }

    /** Keeps buffers from being collected while C had only their addresses; call it after the native call. */
    public static void keep(ByteBuffer... buffers) {
        for (ByteBuffer buffer : buffers) {
            Reference.reachabilityFence(buffer);
        }
    }

    /** Memory that C owns, as a buffer in the node's byte order. */
    public static ByteBuffer memory(long address, int size) {
        return MEMORY.newDirectByteBuffer(address, size).order(ByteOrder.nativeOrder());
    }

    /** A C string that C owns. */
    public static String string(long address) {
        return address == 0 ? "" : new String(MEMORY.getZeroTerminatedByteArray(address), StandardCharsets.UTF_8);
    }
}
