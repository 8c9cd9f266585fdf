// SPDX-License-Identifier: Apache-2.0
package io.podlane.kubeproxy;

import io.podlane.api.attach.AttachPoint;
import io.podlane.api.attach.Hook;
import io.podlane.api.bpf.BpfSource;
import io.podlane.api.bpf.Codec;
import io.podlane.api.bpf.Program;
import io.podlane.api.cluster.Cidr;
import io.podlane.api.cluster.ClusterState;
import io.podlane.api.cluster.IpAddress;
import io.podlane.api.device.Device;
import io.podlane.api.device.PodLink;
import io.podlane.api.device.PodLinkProvider;
import io.podlane.api.device.PodSpec;
import io.podlane.api.extension.DatapathExtension;
import io.podlane.api.node.NodeConfig;
import io.podlane.hostrouting.HostRouting;
import io.podlane.linux.bpf.BpfLinks;
import io.podlane.linux.bpf.KernelLoader;
import io.podlane.linux.netlink.Rtnetlink;
import io.podlane.linux.netns.NetworkNamespace;
import io.podlane.linux.sysctl.Sysctl;
import io.podlane.linux.testing.Machine;
import io.podlane.netkit.NetkitProvider;
import io.podlane.servicetable.ServiceReconciler;
import io.podlane.veth.VethProvider;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;

/**
 * A node with the datapath's three components as they are, and the least that a platform does for them: hands on pods and
 * cluster state, and attaches what they register, in the order of phases. The node's own stack forwards nothing.
 */
final class DatapathNode implements AutoCloseable {
    private static final int EXTENSIONS = 5;
    private static final long PATIENCE_MILLIS = 10_000;

    final String name;
    final NetworkNamespace netns = NetworkNamespace.create();
    private final Path bpffs;
    private final List<DatapathExtension> extensions = new CopyOnWriteArrayList<>();
    private final List<PodLink> pods = new ArrayList<>();
    private final Map<String, NetworkNamespace> podNamespaces = new HashMap<>();
    private final List<KernelLoader> loaders = new ArrayList<>();
    private Device uplink;
    private HostRouting hostRouting;
    private KubeProxy kubeProxy;
    private ServiceReconciler services;

    DatapathNode(String name, Path bpffs) {
        this.name = name;
        this.bpffs = bpffs.resolve(name);
        netns.call(() -> {
            Machine.run("ip link set lo up");
            Sysctl.write("0", "net", "ipv4", "ip_forward");
            // The node's own neighbour discovery on pods' devices would be counted among the packets.
            Sysctl.write("1", "net", "ipv6", "conf", "default", "disable_ipv6");
            return null;
        });
    }

    /** Gives a device of this node's namespace an address, and makes it the uplink. */
    void uplink(String device, String address) {
        uplink = netns.call(() -> {
            Machine.run("ip link set " + device + " up");
            Machine.run("ip addr add " + address + "/24 dev " + device);
            int ifindex = Machine.ifindex(device);
            return new Device(
                    device,
                    ifindex,
                    Device.Role.UPLINK,
                    "veth",
                    Map.of(Hook.UPLINK_INGRESS, new AttachPoint.Tcx(ifindex, AttachPoint.Tcx.Direction.INGRESS)),
                    Set.of());
        });
    }

    NetworkNamespace addPod(String kind, String address) {
        PodLinkProvider provider = kind.equals("netkit") ? new NetkitProvider() : new VethProvider();
        var namespace = NetworkNamespace.create();
        podNamespaces.put(address, namespace);
        var spec = new PodSpec(
                "pod-" + address,
                namespace.path().toString(),
                List.of(IpAddress.parse(address)),
                Map.of(),
                Optional.of(kind));
        pods.add(netns.call(() -> provider.create(spec, "pl" + pods.size(), 1500)));
        return namespace;
    }

    PodLink podLink(String address) {
        return pods.stream()
                .filter(pod -> pod.spec().name().equals("pod-" + address))
                .findFirst()
                .orElseThrow();
    }

    /** Starts the components; where programs wait at pods' ingress they do not hear. */
    private void startComponents(ClusterState state) throws InterruptedException {
        netns.call(() -> {
            services = new ServiceReconciler(context("io.podlane.servicetable"), loader("io.podlane.servicetable"));
            kubeProxy = new KubeProxy(context("io.podlane.kubeproxy"), loader("io.podlane.kubeproxy"));
            hostRouting = new HostRouting(context("io.podlane.hostrouting"), loader("io.podlane.hostrouting"));
            return null;
        });
        services.snapshot(state);
        hostRouting.pods(List.copyOf(pods));
        hostRouting.devices(uplink == null ? List.of() : List.of(uplink));
        hostRouting.snapshot(state);
        services.rows();
        hostRouting.rows();
        long deadline = System.currentTimeMillis() + PATIENCE_MILLIS;
        while (extensions.size() < EXTENSIONS) {
            if (System.currentTimeMillis() > deadline) {
                throw new AssertionError("only " + extensions.size() + " extensions were registered");
            }
            Thread.sleep(10);
        }
    }

    /** Stops the components and starts them again, while what is in the kernel stays. */
    void restart(ClusterState state) throws InterruptedException {
        stop();
        startComponents(state);
    }

    /** Starts the components, and attaches their programs. */
    void start(ClusterState state) throws InterruptedException {
        startComponents(state);
        netns.call(() -> {
            pods.forEach(pod -> attach(pod.device()));
            if (uplink != null) {
                attach(uplink);
            }
            return null;
        });
    }

    /** Stops the components; what is in the kernel stays. */
    void stop() throws InterruptedException {
        if (hostRouting != null) {
            hostRouting.stop();
            kubeProxy.deactivate();
            services.stop();
            hostRouting = null;
        }
        extensions.clear();
    }

    private void attach(Device device) {
        device.hooks().forEach((hook, point) -> extensions.stream()
                .filter(e -> e.hook() == hook && e.devices().matches(device))
                .sorted(Comparator.comparing(DatapathExtension::phase))
                .forEach(e -> attach(e.program(), point, e.name(), device)));
    }

    private void attach(Program program, AttachPoint point, String name, Device device) {
        BpfLinks.attach(
                program,
                point,
                new BpfLinks.Place.Last(),
                OptionalLong.empty(),
                bpffs.resolve("links").resolve(device.name() + "-" + name));
    }

    /** Attaches a program that counts to a pod's ingress, and says so; returns how to read the count. */
    java.util.function.LongSupplier countIngress(String address, int slot) {
        PodLink pod = podLink(address);
        BpfSource source = Machine.object("testing/pinned").withConstant("slot", slot);
        var object = loader("counter")
                .load(pod.device().kind().equals("netkit") ? source.withConstant("verdict", 0) : source);
        netns.call(() -> {
            attach(
                    object.program("podlane_test_count"),
                    pod.device().hooks().get(Hook.POD_INGRESS),
                    "count",
                    pod.device());
            return null;
        });
        hostRouting.hookUse(Map.of(Hook.POD_INGRESS, Set.of(pod.device().ifindex())));
        hostRouting.rows();
        var seen = object.map("seen_v1", Codec.U32, Codec.U64);
        return () -> seen.get(slot).orElse(0L);
    }

    List<HostRouting.Row> routes() {
        return hostRouting.rows();
    }

    void hostRoutingHears(ClusterState state) {
        hostRouting.snapshot(state);
        hostRouting.rows();
    }

    void purge() throws Exception {
        hostRouting.purge();
    }

    List<String> kernelRoutes() {
        try (var rtnetlink = Rtnetlink.open(netns)) {
            return rtnetlink.routes().list(254).stream()
                    .filter(route -> route.protocol() == 113)
                    .map(Object::toString)
                    .toList();
        }
    }

    long drops(int reason) {
        return loader("reader")
                .load(Machine.object("hostrouting/route"))
                .map("drop_counts_v1", Codec.U32, Codec.U64)
                .getPerCpu(reason)
                .stream()
                .mapToLong(count -> count)
                .sum();
    }

    static io.podlane.api.cluster.Node node(String name, String address, String pods) {
        return new io.podlane.api.cluster.Node(name, List.of(IpAddress.parse(address)), List.of(Cidr.parse(pods)));
    }

    private KernelLoader loader(String owner) {
        var loader = new KernelLoader(bpffs, owner);
        loaders.add(loader);
        return loader;
    }

    private BundleContext context(String symbolicName) {
        var properties = Map.of(
                NodeConfig.NAME,
                name,
                NodeConfig.STATE_DIR,
                "/nonexistent",
                NodeConfig.BPFFS,
                bpffs.toString(),
                NodeConfig.CGROUP,
                "/nonexistent");
        var registration = stub(ServiceRegistration.class, (method, arguments) -> null);
        var bundle = stub(Bundle.class, (method, arguments) -> symbolicName);
        return stub(BundleContext.class, (method, arguments) -> switch (method) {
            case "getProperty" -> properties.get(arguments[0]);
            case "getBundle" -> bundle;
            case "registerService" -> {
                if (arguments[1] instanceof DatapathExtension extension) {
                    extensions.add(extension);
                } else {
                    throw new AssertionError("a problem was reported: " + arguments[1]);
                }
                yield registration;
            }
            default -> throw new UnsupportedOperationException(method);
        });
    }

    private interface Answer {
        Object to(String method, Object[] arguments);
    }

    private static <T> T stub(Class<T> type, Answer answer) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(),
                new Class<?>[] {type},
                (proxy, method, arguments) -> answer.to(method.getName(), arguments)));
    }

    @Override
    public void close() throws InterruptedException {
        stop();
        loaders.forEach(KernelLoader::close);
        podNamespaces.values().forEach(NetworkNamespace::close);
        netns.close();
    }
}
