// SPDX-License-Identifier: Apache-2.0
package io.podlane.linux.bpf;

import io.podlane.api.node.NodeConfig;
import io.podlane.api.status.Purgeable;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/** Removes the pins of programs and maps for good. Links are the attach service's. */
@Component
public final class PinPurge implements Purgeable {
    private final Path bpffs;

    @Activate
    public PinPurge(BundleContext context) {
        this(NodeConfig.of(context).bpffs());
    }

    PinPurge(Path bpffs) {
        this.bpffs = bpffs;
    }

    @Override
    public int order() {
        return PINS;
    }

    @Override
    public void purge() throws IOException {
        List<String> left = new ArrayList<>();
        for (Path folder : children(bpffs.resolve("programs"))) {
            children(folder).forEach(pin -> remove(pin, Bpf.Kind.PROGRAM, left));
            removeEmpty(folder, left);
        }
        children(bpffs.resolve("maps")).forEach(pin -> remove(pin, Bpf.Kind.MAP, left));
        for (String folder : List.of("programs", "maps", "links")) {
            removeEmpty(bpffs.resolve(folder), left);
        }
        removeEmpty(bpffs, left);
        if (!left.isEmpty()) {
            throw new IOException("left in place: " + String.join("; ", left));
        }
    }

    private static List<Path> children(Path folder) throws IOException {
        var children = new ArrayList<Path>();
        if (Files.isDirectory(folder)) {
            try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder)) {
                stream.forEach(children::add);
            }
        }
        return children;
    }

    private static void remove(Path pin, Bpf.Kind kind, List<String> left) {
        try {
            Bpf.openPin(pin, kind).close(); // what others put there is theirs
            Pins.remove(pin);
        } catch (RuntimeException e) {
            left.add(e.getMessage());
        }
    }

    private static void removeEmpty(Path folder, List<String> left) {
        try {
            Pins.removeEmpty(folder);
        } catch (RuntimeException e) {
            // The mount itself, if the folder is one: not ours.
            if (!Files.isDirectory(folder)) {
                left.add(e.getMessage());
            }
        }
    }
}
