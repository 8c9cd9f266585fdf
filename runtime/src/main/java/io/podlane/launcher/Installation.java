// SPDX-License-Identifier: Apache-2.0
package io.podlane.launcher;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.startlevel.BundleStartLevel;

/**
 * Brings the framework's bundle cache in line with the jars to run, and touches nothing that is so already. A record beside
 * the cache says from which file each bundle came, and when the framework took it in, so that it is noticed also when a
 * bundle was changed at run time.
 */
final class Installation {
    private final BundleContext context;
    private final Path recordFile;

    Installation(BundleContext context, Path recordFile) {
        this.context = context;
        this.recordFile = recordFile;
    }

    void apply(Map<String, Path> jars) throws IOException, BundleException {
        Properties before = Distribution.read(recordFile);
        Properties after = new Properties();
        for (Bundle bundle : context.getBundles()) {
            String location = bundle.getLocation();
            if (location.startsWith(Distribution.LOCATION_PREFIX) && !jars.containsKey(location)) {
                bundle.uninstall();
            }
        }
        List<Bundle> installed = new ArrayList<>();
        for (var entry : jars.entrySet()) {
            String location = entry.getKey();
            Path jar = entry.getValue();
            Bundle bundle = context.getBundle(location);
            String file = fingerprint(jar);
            if (bundle == null) {
                try (InputStream in = Files.newInputStream(jar)) {
                    bundle = context.installBundle(location, in);
                }
                bundle.adapt(BundleStartLevel.class).setStartLevel(StartLevels.of(bundle.getSymbolicName()));
                installed.add(bundle);
            } else if (!state(file, bundle).equals(before.getProperty(location))) {
                try (InputStream in = Files.newInputStream(jar)) {
                    bundle.update(in);
                }
            }
            after.setProperty(location, state(file, bundle));
        }
        for (Bundle bundle : installed) {
            if (bundle.getHeaders("").get(org.osgi.framework.Constants.FRAGMENT_HOST) == null) {
                bundle.start(Bundle.START_ACTIVATION_POLICY);
            }
        }
        if (!after.equals(before)) {
            write(after);
        }
    }

    private static String state(String file, Bundle bundle) {
        return file + " in cache since " + bundle.getLastModified();
    }

    private static String fingerprint(Path jar) throws IOException {
        var attributes = Files.readAttributes(jar, BasicFileAttributes.class);
        return jar.toAbsolutePath() + " " + attributes.size() + " bytes of " + attributes.lastModifiedTime();
    }

    private void write(Properties record) throws IOException {
        Path unfinished = recordFile.resolveSibling(recordFile.getFileName() + ".new");
        try (OutputStream out = Files.newOutputStream(unfinished)) {
            record.store(out, "Which file each bundle in the cache came from");
        }
        Files.move(unfinished, recordFile, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
