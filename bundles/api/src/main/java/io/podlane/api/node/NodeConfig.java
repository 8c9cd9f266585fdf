// SPDX-License-Identifier: Apache-2.0
package io.podlane.api.node;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.osgi.framework.BundleContext;

/**
 * What the agent was started with. Constant while it runs.
 *
 * @param name the node's name, as Kubernetes knows it
 * @param uplinks the devices that lead to other nodes, by name
 * @param stateDir where the agent keeps what must outlive it
 * @param bpffs the folder on a BPF file system for its pins
 * @param cgroup the cgroup v2 folder whose sockets are balanced
 * @param manifests a folder of Kubernetes YAML, where there is no cluster
 */
public record NodeConfig(
        String name, List<String> uplinks, Path stateDir, Path bpffs, Path cgroup, Optional<Path> manifests) {
    /** Framework property: {@link #name}. */
    public static final String NAME = "podlane.node";
    /** Framework property: {@link #uplinks}, separated by commas. */
    public static final String UPLINKS = "podlane.uplink";
    /** Framework property: {@link #stateDir}. */
    public static final String STATE_DIR = "podlane.state-dir";
    /** Framework property: {@link #bpffs}. */
    public static final String BPFFS = "podlane.bpffs";
    /** Framework property: {@link #cgroup}. */
    public static final String CGROUP = "podlane.cgroup";
    /** Framework property: {@link #manifests}; absent or empty where there are none. */
    public static final String MANIFESTS = "podlane.manifests";

    /** Reads the framework properties that the launcher set. */
    public static NodeConfig of(BundleContext context) {
        String uplinks = context.getProperty(UPLINKS);
        String manifests = context.getProperty(MANIFESTS);
        return new NodeConfig(
                required(context, NAME),
                uplinks == null
                        ? List.of()
                        : Stream.of(uplinks.split(","))
                                .map(String::strip)
                                .filter(s -> !s.isEmpty())
                                .toList(),
                Path.of(required(context, STATE_DIR)),
                Path.of(required(context, BPFFS)),
                Path.of(required(context, CGROUP)),
                manifests == null || manifests.isBlank() ? Optional.empty() : Optional.of(Path.of(manifests)));
    }

    private static String required(BundleContext context, String property) {
        String value = context.getProperty(property);
        if (value == null || value.isBlank()) {
            throw new IllegalStateException("framework property " + property + " is not set; the launcher sets it");
        }
        return value;
    }
}
