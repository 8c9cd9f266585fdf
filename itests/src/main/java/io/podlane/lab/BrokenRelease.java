// SPDX-License-Identifier: Apache-2.0
package io.podlane.lab;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.Manifest;

/**
 * A next release that an update must refuse.
 *
 * @param bundle which bundle it is of
 * @param jar the jar
 * @param reason a word that the refusal must contain
 */
public record BrokenRelease(String bundle, Path jar, String reason) {
    /** The verifier rejects its programs: itests/broken/rejected.bpf.c. */
    public static BrokenRelease rejectedByTheVerifier(Lab lab) {
        byte[] rejected;
        try {
            rejected = Files.readAllBytes(Lab.repository().resolve("itests/target/rejected.bpf.o"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return make(lab, "hostrouting", "verifier", (path, content) -> path.endsWith(".bpf.o") ? rejected : content);
    }

    /** Its component cannot be activated, since its BPF object is none. */
    public static BrokenRelease failingInActivation(Lab lab) {
        byte[] nonsense = {1, 2, 3};
        return make(lab, "kubeproxy", "kubeproxy", (path, content) -> path.endsWith(".bpf.o") ? nonsense : content);
    }

    /** It needs a kernel feature that no kernel has. */
    public static BrokenRelease thatCannotResolve(Lab lab) {
        return make(lab, "servicetable", "time-travel", BrokenRelease::needTimeTravel);
    }

    private static BrokenRelease make(Lab lab, String bundle, String reason, NextRelease.Change change) {
        return new BrokenRelease(bundle, NextRelease.make(lab, bundle, 9, change), reason);
    }

    private static byte[] needTimeTravel(String path, byte[] content) {
        if (!path.equals(JarFile.MANIFEST_NAME)) {
            return content;
        }
        try {
            var changed = new Manifest(new ByteArrayInputStream(content));
            changed.getMainAttributes()
                    .merge(
                            new Attributes.Name("Require-Capability"),
                            "linux.kernel;filter:=\"(feature=time-travel)\"",
                            (old, more) -> old + "," + more);
            var out = new ByteArrayOutputStream();
            changed.write(out);
            return out.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
