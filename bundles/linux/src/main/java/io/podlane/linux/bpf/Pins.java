// SPDX-License-Identifier: Apache-2.0
package io.podlane.linux.bpf;

import io.podlane.api.kernel.Errno;
import io.podlane.api.kernel.KernelException;
import io.podlane.linux.ffi.Native;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Names and folders on a BPF file system, which refuses names that contain a dot (kernel/bpf/inode.c, bpf_lookup). */
public final class Pins {
    private static final long BPF_FS_MAGIC = 0xcafe4a11L; // include/uapi/linux/magic.h
    private static final long STATFS = Native.libc("statfs");

    private Pins() {}

    /** A name as a file name: letters, digits, {@code -} and {@code _} stay, a dot becomes {@code +}, the rest {@code %XX}. */
    public static String escape(String name) {
        var escaped = new StringBuilder(name.length());
        for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
            if (literal(b)) {
                escaped.append((char) b);
            } else if (b == '.') {
                escaped.append('+');
            } else {
                escaped.append('%').append(hex(b >> 4)).append(hex(b));
            }
        }
        return escaped.toString();
    }

    /**
     * The name that {@link #escape} made a file name of.
     *
     * @throws IllegalArgumentException if it made no such file name
     */
    public static String unescape(String fileName) {
        var bytes = new java.io.ByteArrayOutputStream(fileName.length());
        for (int i = 0; i < fileName.length(); i++) {
            char c = fileName.charAt(i);
            if (c == '+') {
                bytes.write('.');
            } else if (c == '%' && i + 2 < fileName.length()) {
                bytes.write(Integer.parseInt(fileName, i + 1, i + 3, 16));
                i += 2;
            } else if (c < 128 && literal((byte) c)) {
                bytes.write(c);
            } else {
                throw new IllegalArgumentException(fileName + " is no escaped name");
            }
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }

    private static boolean literal(byte b) {
        return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '-' || b == '_';
    }

    private static char hex(int nibble) {
        return Character.toUpperCase(Character.forDigit(nibble & 0xf, 16));
    }

    /** Makes a folder for pins, with those above it. */
    public static void makeFolder(Path folder) {
        try {
            Files.createDirectories(folder);
        } catch (FileAlreadyExistsException e) {
            throw new KernelException(
                    "make folder for pins",
                    e.getMessage(),
                    Errno.EEXIST,
                    "it is not a folder; something else put it there, remove it by hand");
        } catch (IOException e) {
            throw new KernelException("make folder for pins", folder.toString(), Errno.EIO, e.toString());
        }
        ByteBuffer path = Native.string(folder.toString());
        ByteBuffer statfs = Native.allocate(256);
        long result = Native.call(STATFS, Native.address(path), Native.address(statfs), 0);
        Native.keep(path, statfs);
        if (result == 0 && statfs.getLong(0) != BPF_FS_MAGIC) {
            throw new KernelException(
                    "use folder for pins",
                    folder.toString(),
                    Errno.EINVAL,
                    "it is not on a BPF file system; mount one with: mount -t bpf bpf /sys/fs/bpf");
        }
    }

    /** Removes a pin; what it held stays as long as something else holds it. One that is gone already is no error. */
    public static void remove(Path pin) {
        try {
            Files.delete(pin);
        } catch (NoSuchFileException gone) {
            // As wanted.
        } catch (IOException e) {
            throw new KernelException("remove pin", pin.toString(), Errno.EIO, e.toString());
        }
    }

    /** Removes a folder if nothing is in it. */
    public static void removeEmpty(Path folder) {
        try {
            Files.delete(folder);
        } catch (DirectoryNotEmptyException | NoSuchFileException e) {
            // As it should be.
        } catch (IOException e) {
            throw new KernelException("remove folder", folder.toString(), Errno.EIO, e.toString());
        }
    }
}
