// SPDX-License-Identifier: Apache-2.0
package io.podlane.itests;

import io.podlane.lab.Lab;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.jar.Attributes;
import java.util.jar.Manifest;

/** Things that must be refused. */
final class Broken {
    private Broken() {}

    /** A BPF object that the verifier rejects: itests/broken/rejected.bpf.c. */
    static byte[] rejectedObject() {
        try {
            return Files.readAllBytes(Lab.repository().resolve("itests/target/rejected.bpf.o"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A jar's manifest with a clause added to a header. */
    static byte[] withHeader(byte[] manifest, String header, String clause) {
        try {
            var changed = new Manifest(new ByteArrayInputStream(manifest));
            changed.getMainAttributes().merge(new Attributes.Name(header), clause, (old, more) -> old + "," + more);
            var out = new ByteArrayOutputStream();
            changed.write(out);
            return out.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
