// SPDX-License-Identifier: Apache-2.0
package io.podlane.deploy;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Enumeration;
import java.util.jar.JarFile;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.osgi.framework.Bundle;

/**
 * Keeps what a bundle is now, so that it can be put back. The framework does not hand out the jar that it runs, but each
 * file of it; made of these, the copy is what really ran, whatever became of the file it once came from.
 */
final class RunningJar {
    private RunningJar() {}

    static BundleJar save(Bundle bundle, Path to) throws IOException {
        try (OutputStream file = new BufferedOutputStream(Files.newOutputStream(to));
                ZipOutputStream jar = new ZipOutputStream(file)) {
            jar.setLevel(Deflater.BEST_SPEED);
            copy(bundle, JarFile.MANIFEST_NAME, jar);
            copyFolder(bundle, "/", jar);
        }
        return new BundleJar(to, bundle.getSymbolicName(), bundle.getVersion());
    }

    private static void copyFolder(Bundle bundle, String folder, ZipOutputStream jar) throws IOException {
        Enumeration<String> paths = bundle.getEntryPaths(folder);
        while (paths != null && paths.hasMoreElements()) {
            String path = paths.nextElement();
            if (path.endsWith("/")) {
                jar.putNextEntry(new ZipEntry(path));
                jar.closeEntry();
                copyFolder(bundle, path, jar);
            } else if (!path.equals(JarFile.MANIFEST_NAME)) {
                copy(bundle, path, jar);
            }
        }
    }

    private static void copy(Bundle bundle, String path, ZipOutputStream jar) throws IOException {
        URL entry = bundle.getEntry(path);
        if (entry == null) {
            throw new IOException("bundle " + bundle.getSymbolicName() + " has no " + path);
        }
        jar.putNextEntry(new ZipEntry(path));
        try (InputStream in = entry.openStream()) {
            in.transferTo(jar);
        }
        jar.closeEntry();
    }
}
