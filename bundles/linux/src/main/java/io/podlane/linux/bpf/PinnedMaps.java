// SPDX-License-Identifier: Apache-2.0
package io.podlane.linux.bpf;

import io.podlane.api.kernel.Errno;
import io.podlane.api.kernel.KernelException;
import io.podlane.linux.ffi.Native;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/** Finds the maps of an object that an earlier run has left. */
final class PinnedMaps {
    private static final int KERNEL_NAME = 15;
    private static final int MAX_MAPS = 64; // MAX_USED_MAPS of include/linux/bpf_verifier.h

    private PinnedMaps() {}

    /**
     * Opens those that are pinned.
     *
     * @throws KernelException if one has another layout than the object declares
     */
    static void open(Blueprint blueprint, Path folder, Map<String, OpenMap> into) {
        for (String name : blueprint.pinnedMaps()) {
            Path pin = folder.resolve(name);
            if (!Files.exists(pin, LinkOption.NOFOLLOW_LINKS)) {
                continue;
            }
            OpenMap map = OpenMap.of(name, Bpf.openPin(pin, Bpf.Kind.MAP));
            into.put(name, map);
            MapLayout declared = blueprint.maps().get(name);
            if (!map.layout().fits(declared)) {
                throw new KernelException(
                        "use pinned map " + name,
                        pin.toString(),
                        Errno.EINVAL,
                        "it is " + map.layout() + ", but "
                                + blueprint.source().name() + " declares " + declared
                                + "; a changed layout needs a new name");
            }
        }
    }

    /**
     * Finds the maps that are not pinned but that pinned programs use.
     *
     * @return false if one cannot be told for sure
     */
    static boolean openPrivate(Blueprint blueprint, Collection<Fd> programs, Map<String, OpenMap> into) {
        Set<String> wanted = new LinkedHashSet<>(blueprint.maps().keySet());
        wanted.removeAll(into.keySet());
        if (wanted.isEmpty()) {
            return true;
        }
        var byKernelName = new HashMap<String, String>();
        for (String name : wanted) {
            if (byKernelName.put(kernelName(name), name) != null) {
                return false;
            }
        }
        for (int id : mapIds(programs)) {
            Fd fd = Bpf.byId(Bpf.MAP_GET_FD_BY_ID, id, "map");
            String name = byKernelName.get(Bpf.name(Bpf.info(fd.number(), "map " + id), 24, 16));
            if (name == null || into.containsKey(name)) {
                fd.close();
            } else {
                into.put(name, OpenMap.of(name, fd));
            }
        }
        return into.keySet().containsAll(wanted);
    }

    private static String kernelName(String name) {
        return name.length() > KERNEL_NAME ? name.substring(0, KERNEL_NAME) : name;
    }

    private static Set<Integer> mapIds(Collection<Fd> programs) {
        var ids = new LinkedHashSet<Integer>();
        for (Fd program : programs) {
            ByteBuffer array = Native.allocate(MAX_MAPS * Integer.BYTES);
            ByteBuffer info = Native.allocate(256).putInt(52, MAX_MAPS).putLong(56, Native.address(array));
            Bpf.info(program.number(), info, "program");
            for (int i = 0; i < Math.min(MAX_MAPS, info.getInt(52)); i++) {
                ids.add(array.getInt(i * Integer.BYTES));
            }
            Native.keep(array);
        }
        return ids;
    }
}
