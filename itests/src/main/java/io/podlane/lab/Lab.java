// SPDX-License-Identifier: Apache-2.0
package io.podlane.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A laboratory of nodes and pods: network namespaces, wired as a test needs them. It must run under
 * {@code itests/isolated}, which gives it a folder, a cgroup and the promise that nothing outlives it. Closing it ends
 * what was started, in reverse order.
 */
public final class Lab implements AutoCloseable {
    private static final AtomicInteger COUNT = new AtomicInteger();

    private final Path folder;
    private final Path cgroup;
    private final Deque<AutoCloseable> opened = new ArrayDeque<>();

    private Lab(Path folder, Path cgroup) {
        this.folder = folder;
        this.cgroup = cgroup;
    }

    /** Opens a laboratory with a folder of its own. */
    public static Lab open() {
        String base = System.getenv("PODLANE_LAB");
        if (base == null) {
            throw new IllegalStateException("PODLANE_LAB is not set: run this under itests/isolated");
        }
        String name = "lab" + COUNT.incrementAndGet();
        String cgroups = System.getenv("PODLANE_LAB_CGROUP");
        try {
            Path folder = Files.createDirectories(Path.of(base, name));
            Path cgroup = cgroups == null || cgroups.isEmpty()
                    ? Files.createDirectories(folder.resolve("no-cgroup"))
                    : Files.createDirectories(Path.of(cgroups, name));
            return new Lab(folder, cgroup);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** The repository that this runs from. */
    public static Path repository() {
        Path here = Path.of("").toAbsolutePath();
        while (here != null && !Files.exists(here.resolve("bundles/api/bnd.bnd"))) {
            here = here.getParent();
        }
        if (here == null) {
            throw new IllegalStateException("run this inside the repository");
        }
        return here;
    }

    /** A folder of this laboratory, made if need be. */
    public Path folder(String name) {
        try {
            return Files.createDirectories(folder.resolve(name));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** The cgroup v2 folder of this laboratory. */
    public Path cgroup() {
        return cgroup;
    }

    /** A new network namespace with its loopback up. */
    public Netns netns(String name) {
        Path file = folder("netns").resolve(name);
        try {
            Files.createFile(file);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
        Commands.run("unshare", "--net=" + file, "true");
        var netns = own(new Netns(name, file));
        netns.run("ip", "link", "set", "lo", "up");
        return netns;
    }

    /** A new node: a namespace, and folders for its agent. */
    public Node node(String name) {
        Netns netns = netns(name);
        // The stack's own multicast on every new device would reach the pods at any time, and be counted with the rest.
        for (String which : new String[] {"all", "default"}) {
            netns.run("sh", "-c", "echo 1 >/proc/sys/net/ipv6/conf/" + which + "/disable_ipv6");
        }
        return own(new Node(this, name, netns));
    }

    /** Two devices called eth0, wired to each other, in two nodes' namespaces. */
    public void wire(Netns left, String leftAddress, Netns right, String rightAddress) {
        wire(left, "eth0", leftAddress, right, "eth0", rightAddress);
    }

    /** A veth pair between two namespaces, up, with addresses such as {@code 192.168.7.1/24}. */
    public void wire(
            Netns left, String leftDevice, String leftAddress, Netns right, String rightDevice, String rightAddress) {
        left.run(
                "ip",
                "link",
                "add",
                leftDevice,
                "type",
                "veth",
                "peer",
                "name",
                rightDevice,
                "netns",
                right.path().toString());
        left.run("ip", "addr", "add", leftAddress, "dev", leftDevice);
        right.run("ip", "addr", "add", rightAddress, "dev", rightDevice);
        left.run("ip", "link", "set", leftDevice, "up");
        right.run("ip", "link", "set", rightDevice, "up");
    }

    /** Hands something to this laboratory, to be closed with it. */
    public <T extends AutoCloseable> T own(T resource) {
        opened.push(resource);
        return resource;
    }

    @Override
    public void close() {
        RuntimeException first = null;
        while (!opened.isEmpty()) {
            try {
                opened.pop().close();
            } catch (Exception e) {
                if (first == null) {
                    first = new IllegalStateException("clean up of " + folder, e);
                } else {
                    first.addSuppressed(e);
                }
            }
        }
        Commands.tryRun("rmdir", cgroup.toString());
        if (first != null) {
            throw first;
        }
    }
}
