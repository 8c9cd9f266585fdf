// SPDX-License-Identifier: Apache-2.0
package io.podlane.linux.testing;

import io.podlane.linux.ffi.Native;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.InvocationInterceptor;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.ReflectiveInvocationContext;

/** Runs a test method on a thread of its own in fresh namespaces; threads and processes started from there inherit them. */
final class Isolation implements InvocationInterceptor, ParameterResolver {
    private static final ExtensionContext.Namespace STORE = ExtensionContext.Namespace.create(Isolation.class);
    private static final int CLONE_NEWNS = 0x00020000;
    private static final int CLONE_NEWNET = 0x40000000;
    private static final int MS_REC_PRIVATE = 0x4000 | 1 << 18;

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == Path.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        return folder(context);
    }

    private static Path folder(ExtensionContext context) {
        return context.getStore(STORE).getOrComputeIfAbsent("bpffs", k -> makeFolder(), Path.class);
    }

    private static Path makeFolder() {
        try {
            return Files.createTempDirectory("podlane-bpffs");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void interceptTestMethod(
            Invocation<Void> invocation, ReflectiveInvocationContext<Method> method, ExtensionContext context)
            throws Throwable {
        Path bpffs = folder(context);
        Throwable[] failure = {null};
        var thread = new Thread(
                () -> {
                    try {
                        enter(bpffs);
                        invocation.proceed();
                    } catch (Throwable t) {
                        failure[0] = t;
                    }
                },
                "isolated " + context.getDisplayName());
        thread.start();
        thread.join();
        Files.delete(bpffs);
        if (failure[0] != null) {
            throw failure[0];
        }
    }

    private static void enter(Path bpffs) {
        call("unshare", CLONE_NEWNS | CLONE_NEWNET, 0, 0, 0, 0);
        ByteBuffer root = Native.string("/");
        ByteBuffer type = Native.string("bpf");
        ByteBuffer folder = Native.string(bpffs.toString());
        call("mount", Native.address(type), Native.address(root), Native.address(type), MS_REC_PRIVATE, 0);
        call("mount", Native.address(type), Native.address(folder), Native.address(type), 0, 0);
        Native.keep(root, type, folder);
    }

    private static void call(String function, long a, long b, long c, long d, long e) {
        if ((int) Native.call(Native.libc(function), a, b, c, d, e, 0) != 0) {
            throw new IllegalStateException(function + ": errno " + Native.errno() + "; these tests need root");
        }
    }

    /** Runs a command of the machine, such as {@code ip}, in this thread's namespaces. */
    static String run(String... command) {
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            process.getOutputStream().close();
            String output = new String(process.getInputStream().readAllBytes());
            if (process.waitFor() != 0) {
                throw new IllegalStateException(String.join(" ", command) + ": " + output);
            }
            return output;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
