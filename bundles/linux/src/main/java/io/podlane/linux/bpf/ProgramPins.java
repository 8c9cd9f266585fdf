// SPDX-License-Identifier: Apache-2.0
package io.podlane.linux.bpf;

import io.podlane.api.kernel.Errno;
import io.podlane.api.kernel.KernelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The loaded programs of one bundle, pinned by name and identity, so that the next start needs no verifier. */
public final class ProgramPins {
    private static final int IDENTITY_DIGITS = 16;
    private static final int KERNEL_NAME = 15;

    private final Path folder;

    /**
     * @param bpffs the folder on a BPF file system for pins
     * @param owner the bundle's symbolic name
     */
    public ProgramPins(Path bpffs, String owner) {
        folder = bpffs.resolve("programs").resolve(Pins.escape(owner));
    }

    /** Opens all of these programs, or none. */
    Optional<Map<String, Fd>> open(Map<String, String> identities) {
        for (var program : identities.entrySet()) {
            if (!Files.exists(pin(program), LinkOption.NOFOLLOW_LINKS)) {
                return Optional.empty();
            }
        }
        var open = new HashMap<String, Fd>();
        try {
            for (var program : identities.entrySet()) {
                open.put(program.getKey(), open(program.getKey(), pin(program)));
            }
            return Optional.of(open);
        } catch (RuntimeException e) {
            open.values().forEach(Fd::close);
            throw e;
        }
    }

    private static Fd open(String name, Path pin) {
        Fd fd = Bpf.openPin(pin, Bpf.Kind.PROGRAM);
        String found = Bpf.name(Bpf.info(fd.number(), pin.toString()), 64, 16);
        if (!found.equals(name.substring(0, Math.min(KERNEL_NAME, name.length())))) {
            fd.close();
            throw new KernelException(
                    "adopt program " + name,
                    pin.toString(),
                    Errno.EEXIST,
                    "it is program " + found + "; something else put it there, remove it by hand");
        }
        return fd;
    }

    /** Pins programs, in place of older ones of the same identity that could not be adopted. */
    void pin(Map<String, String> identities, Map<String, Fd> programs) {
        Pins.makeFolder(folder);
        for (var program : identities.entrySet()) {
            Path pin = pin(program);
            if (Files.exists(pin, LinkOption.NOFOLLOW_LINKS)) {
                open(program.getKey(), pin).close(); // not ours to remove if it is something else
                Pins.remove(pin);
            }
            Bpf.pin(programs.get(program.getKey()).number(), pin, "program " + program.getKey());
        }
    }

    private Path pin(Map.Entry<String, String> program) {
        return folder.resolve(program.getKey() + "_" + program.getValue().substring(0, IDENTITY_DIGITS));
    }

    /**
     * Unpins programs that no link and no open object uses any more: what earlier versions of the bundle left. Files that
     * are no pinned programs stay. The folder goes with the last.
     *
     * @param used the kernel's ids of the programs in use
     */
    public void sweep(Set<Integer> used) {
        if (!Files.isDirectory(folder)) {
            return;
        }
        try (var pins = Files.newDirectoryStream(folder)) {
            for (Path pin : pins) {
                sweep(pin, used);
            }
        } catch (IOException e) {
            throw new KernelException("list pinned programs", folder.toString(), Errno.EIO, e.toString());
        }
        Pins.removeEmpty(folder);
    }

    private static void sweep(Path pin, Set<Integer> used) {
        try (Fd fd = Bpf.openPin(pin, Bpf.Kind.PROGRAM)) {
            int id = Bpf.info(fd.number(), pin.toString()).getInt(4);
            if (!used.contains(id) && !LoadedObject.holds(id)) {
                Pins.remove(pin);
            }
        } catch (KernelException foreign) {
            // Not ours; whoever needs its place gets the exception.
        }
    }
}
