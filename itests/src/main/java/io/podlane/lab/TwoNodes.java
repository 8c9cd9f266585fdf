// SPDX-License-Identifier: Apache-2.0
package io.podlane.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * The laboratory of the demo: two nodes on a wire, a client and a web server on each, and a Service over both servers,
 * from {@code itests/demo/manifests}.
 */
public final class TwoNodes implements AutoCloseable {
    public static final String SERVICE = "10.96.0.10";
    public static final int PORT = 80;
    public static final int TARGET_PORT = 8080;
    public static final int WEB_A = 1;
    public static final int WEB_B = 2;

    private final Lab lab;
    private final Path manifests;
    private final Node nodeA;
    private final Node nodeB;
    private Pod clientA;
    private Pod clientB;
    private Pod webA;
    private Pod webB;

    private TwoNodes(Lab lab) {
        this.lab = lab;
        this.manifests = copyManifests(lab);
        this.nodeA = lab.node("node-a");
        this.nodeB = lab.node("node-b");
        lab.wire(nodeA.netns(), "192.168.100.1/24", nodeB.netns(), "192.168.100.2/24");
    }

    /** Makes the nodes and starts their agents, both at once. */
    public static TwoNodes start() {
        return start(Lab.open());
    }

    static TwoNodes start(Lab lab) {
        try {
            var two = new TwoNodes(lab);
            CompletableFuture.allOf(
                            CompletableFuture.runAsync(() -> two.nodeA.startAgent(two.manifests)),
                            CompletableFuture.runAsync(() -> two.nodeB.startAgent(two.manifests)))
                    .join();
            return two;
        } catch (RuntimeException e) {
            lab.close();
            throw e;
        }
    }

    /** As {@link #start}, with the pods connected and the servers listening. */
    public static TwoNodes startWithPods(String... podOptions) {
        var two = start();
        try {
            two.addPods(podOptions);
            return two;
        } catch (RuntimeException e) {
            two.close();
            throw e;
        }
    }

    /** Connects the four pods and starts the servers. */
    public void addPods(String... options) {
        clientA = nodeA.pod("client-a", "10.1.1.10", options);
        webA = nodeA.pod("web-a", "10.1.1.11", options);
        clientB = nodeB.pod("client-b", "10.1.2.10", options);
        webB = nodeB.pod("web-b", "10.1.2.11", options);
        for (String protocol : List.of("udp", "tcp")) {
            Traffic.server(lab, webA, protocol, TARGET_PORT, WEB_A);
            Traffic.server(lab, webB, protocol, TARGET_PORT, WEB_B);
        }
    }

    private static Path copyManifests(Lab lab) {
        Path to = lab.folder("manifests");
        try (var files = Files.newDirectoryStream(Lab.repository().resolve("itests/demo/manifests"))) {
            for (Path file : files) {
                Files.copy(file, to.resolve(file.getFileName().toString()), StandardCopyOption.REPLACE_EXISTING);
            }
            return to;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public Lab lab() {
        return lab;
    }

    /** The folder that both agents read; change it as a user would. */
    public Path manifests() {
        return manifests;
    }

    public Node nodeA() {
        return nodeA;
    }

    public Node nodeB() {
        return nodeB;
    }

    public Pod clientA() {
        return clientA;
    }

    public Pod clientB() {
        return clientB;
    }

    public Pod webA() {
        return webA;
    }

    public Pod webB() {
        return webB;
    }

    @Override
    public void close() {
        lab.close();
    }
}
