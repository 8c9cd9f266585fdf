// SPDX-License-Identifier: Apache-2.0
package io.podlane.linux.testing;

import io.podlane.api.bpf.BpfSource;
import io.podlane.api.kernel.Errno;
import io.podlane.api.kernel.KernelException;
import io.podlane.linux.netlink.LinkSpec;
import io.podlane.linux.netlink.Netkit;
import io.podlane.linux.netlink.Rtnetlink;
import io.podlane.linux.netns.NetworkNamespace;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/** What a kernel test does to the machine, in the namespaces of its thread. */
public final class Machine {
    private Machine() {}

    /** Runs a command such as {@code ip link add …}, its words separated by blanks, and gives back what it printed. */
    public static String run(String command) {
        return Isolation.run(command.split(" "));
    }

    /** A device's index. */
    public static int ifindex(String device) {
        return Integer.parseInt(run("ip -o link show dev " + device).split(":")[0]);
    }

    /** A compiled object of {@code bpf/}, such as {@code testing/maps}. */
    public static BpfSource object(String name) {
        Path file = Path.of("../../bpf/target", name + ".bpf.o");
        try {
            return new BpfSource(
                    file.getFileName().toString(), Files.readAllBytes(file), java.util.Map.of(), java.util.Map.of());
        } catch (IOException e) {
            throw new UncheckedIOException("build it with: make -C bpf", e);
        }
    }

    /** Where cgroup v2 is mounted. Make a folder there, and remove it. */
    public static Path cgroupRoot() {
        try {
            return Files.readAllLines(Path.of("/proc/self/mountinfo")).stream()
                    .filter(line -> line.contains(" - cgroup2 "))
                    .map(line -> Path.of(line.split(" ")[4]))
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException("no cgroup v2 is mounted"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Makes a netkit pair in L3 mode whose policy drops what the pod sends; a test on a kernel without netkit ends here. */
    public static void netkit(String name, String peer, NetworkNamespace pod) {
        try (var rtnetlink = Rtnetlink.open()) {
            rtnetlink
                    .links()
                    .create(new LinkSpec.NetkitPair(
                            LinkSpec.Side.named(name),
                            LinkSpec.Side.named(peer).in(pod),
                            Netkit.Mode.L3,
                            Netkit.Policy.FORWARD,
                            Netkit.Policy.BLACKHOLE));
        } catch (KernelException e) {
            Assumptions.assumeFalse(e.errno().equals(Errno.EOPNOTSUPP), "this kernel has no netkit");
            throw e;
        }
    }
}
