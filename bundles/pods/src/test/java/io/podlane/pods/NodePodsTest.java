// SPDX-License-Identifier: Apache-2.0
package io.podlane.pods;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.podlane.api.cluster.Cidr;
import io.podlane.api.cluster.IpAddress;
import io.podlane.api.device.Device;
import io.podlane.api.device.DeviceListener;
import io.podlane.api.device.PodLink;
import io.podlane.api.device.PodListener;
import io.podlane.api.device.PodSpec;
import io.podlane.api.node.NodeConfig;
import io.podlane.linux.netlink.Address;
import io.podlane.linux.netlink.Link;
import io.podlane.linux.netlink.LinkSpec;
import io.podlane.linux.netlink.Route;
import io.podlane.linux.netlink.Rtnetlink;
import io.podlane.linux.netns.NetworkNamespace;
import io.podlane.linux.pair.DevicePairs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("kernel")
class NodePodsTest {
    private static final InetAddress IP1 = IpAddress.parse("10.1.0.1");
    private static final InetAddress IP2 = IpAddress.parse("10.1.0.2");

    @TempDir
    Path stateDir;

    private final NetworkNamespace node = NetworkNamespace.create();
    private final NetworkNamespace pod = NetworkNamespace.create();
    private final NetworkNamespace otherPod = NetworkNamespace.create();
    private final Rtnetlink onNode = Rtnetlink.open(node);
    private final FakeFramework framework = new FakeFramework();
    private final DevicePairs provider = new DevicePairs(new BarePair());
    private NodePods pods;

    @BeforeEach
    void start() {
        startWithoutProvider();
        pods.bindProvider(FakeFramework.reference(1), provider);
    }

    private void startWithoutProvider() {
        startWithoutProvider(0);
    }

    private void startWithoutProvider(int spares) {
        var config = new NodeConfig("n1", List.of("up0"), stateDir, stateDir, stateDir, Optional.empty());
        pods = node.call(() -> new NodePods(config, framework.context(), spares));
    }

    @AfterEach
    void close() {
        pods.deactivate();
        onNode.close();
        node.close();
        pod.close();
        otherPod.close();
    }

    private PodSpec spec(String name, InetAddress... ips) {
        var netns = name.equals("a") ? pod : otherPod;
        return new PodSpec(name, netns.path().toString(), List.of(ips), Map.of("app", name), Optional.empty());
    }

    @Test
    void addingConnectsAndTellsBeforeItReturns() {
        var heard = new Heard();
        pods.bindDeviceListener(heard);
        pods.bindPodListener(heard);
        PodLink link = pods.add(spec("a", IP1));

        assertEquals(DeviceName.of("a"), link.device().name());
        assertTrue(onNode.links().find(link.device().name()).isPresent());
        assertEquals(List.of(link.device()), heard.lastDevices());
        assertEquals(List.of(link), heard.lastPods());
        assertEquals(List.of(link), pods.list());
    }

    @Test
    void addingTheSameAgainChangesNothing() {
        PodLink link = pods.add(spec("a", IP1));
        assertEquals(link, pods.add(spec("a", IP1)));
        var changed = assertThrows(IllegalArgumentException.class, () -> pods.add(spec("a", IP2)));
        assertEquals(
                "pod a is there already, as 10.1.0.1 in " + pod.path()
                        + " with labels {app=a}; remove it first to change it",
                changed.getMessage());
    }

    @Test
    void addressOfAnotherPodIsRefusedAndThatPodNamed() {
        pods.add(spec("a", IP1));
        var thrown = assertThrows(IllegalArgumentException.class, () -> pods.add(spec("b", IP2, IP1)));
        assertEquals("the address 10.1.0.1 of pod b is pod a's already", thrown.getMessage());
        assertEquals(1, pods.list().size());
    }

    @Test
    void namespaceOfAnotherPodIsRefusedAndThatPodNamed() {
        pods.add(spec("a", IP1));
        var inside = new PodSpec("b", pod.path().toString(), List.of(IP2), Map.of(), Optional.empty());
        var thrown = assertThrows(IllegalArgumentException.class, () -> pods.add(inside));
        assertEquals("the network namespace " + pod.path() + " of pod b is pod a's already", thrown.getMessage());
    }

    @Test
    void namespaceOfTheNodeIsRefusedByWhateverPath() {
        var own = new PodSpec("a", node.path().toString(), List.of(IP1), Map.of(), Optional.empty());
        var thrown = assertThrows(IllegalArgumentException.class, () -> pods.add(own));
        assertEquals(
                "the network namespace " + node.path()
                        + " of pod a is the node's own; a pod that shares it needs no device",
                thrown.getMessage());
        assertEquals(List.of(), pods.list());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"0.0.0.0", "127.0.0.1", "169.254.1.1", "224.0.0.1", "255.255.255.255", "::", "::1", "fe80::1"})
    void addressThatNoPodCanHaveIsRefused(String address) {
        var thrown = assertThrows(IllegalArgumentException.class, () -> pods.add(spec("a", IpAddress.parse(address))));
        assertTrue(thrown.getMessage().endsWith(" of pod a is none that a pod can have"), thrown.getMessage());
        assertEquals(List.of(), pods.list());
    }

    @Test
    void addressesThatTheNodeNeedsAreRefused() {
        onNode.links().create(new LinkSpec.Veth(LinkSpec.Side.named("up0"), LinkSpec.Side.named("other")));
        int uplink = onNode.links().find("up0").orElseThrow().ifindex();
        onNode.links().setUp(uplink);
        onNode.addresses().add(new Address(uplink, IpAddress.parse("192.168.7.1"), 24));
        onNode.routes()
                .add(Route.to(Cidr.parse("10.2.0.0/24"))
                        .via(IpAddress.parse("192.168.7.2"))
                        .dev(uplink));
        for (String address : List.of("192.168.7.1", "192.168.7.255")) {
            var own = assertThrows(IllegalArgumentException.class, () -> pods.add(spec("a", IpAddress.parse(address))));
            assertEquals(
                    "the address " + address + " of pod a is the node's own, or a broadcast address of its networks",
                    own.getMessage());
        }
        var gateway =
                assertThrows(IllegalArgumentException.class, () -> pods.add(spec("a", IpAddress.parse("192.168.7.2"))));
        assertEquals(
                "the address 192.168.7.2 of pod a is that of a gateway, over which this node reaches others",
                gateway.getMessage());
        pods.add(spec("a", IpAddress.parse("192.168.7.3")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "a\nb"})
    void nameThatIsNotOneLineIsRefused(String name) {
        assertThrows(IllegalArgumentException.class, () -> pods.add(spec(name, IP1)));
        assertEquals(List.of(), pods.list());
    }

    @Test
    void namespaceThatIsNotThereIsRefused() {
        var nowhere = new PodSpec("a", "/run/netns/no-such", List.of(IP1), Map.of(), Optional.empty());
        var thrown = assertThrows(IllegalArgumentException.class, () -> pods.add(nowhere));
        assertEquals("pod a has no network namespace at /run/netns/no-such: ENOENT", thrown.getMessage());
        assertEquals(List.of(), pods.list());
    }

    @Test
    void deviceNameThatIsTakenIsRefusedAndTheDeviceLeftAlone() {
        String name = DeviceName.of("a");
        onNode.links().create(new LinkSpec.Veth(LinkSpec.Side.named(name), LinkSpec.Side.named("other")));
        int ifindex = onNode.links().find(name).orElseThrow().ifindex();
        var thrown = assertThrows(IllegalArgumentException.class, () -> pods.add(spec("a", IP1)));
        assertEquals(
                "the device " + name + " that pod a should get is there already and not this pod's;"
                        + " remove it, or name the pod otherwise",
                thrown.getMessage());
        assertEquals(ifindex, onNode.links().find(name).orElseThrow().ifindex());
        assertEquals(List.of(), pods.list());
    }

    @Test
    void leftoverOfACrashIsReplaced() {
        node.call(() -> provider.create(spec("a", IP1), DeviceName.of("a"), 1500));
        int leftover = onNode.links().find(DeviceName.of("a")).orElseThrow().ifindex();
        assertTrue(pods.add(spec("a", IP1)).device().ifindex() != leftover);
    }

    @Test
    void podsAndDevicesAreTheSameAfterARestart() {
        PodLink link = pods.add(spec("a", IP1));
        pods.deactivate();
        start();
        var heard = new Heard();
        pods.bindDeviceListener(heard);
        assertEquals(link.device(), onlyPod().device());
        assertEquals(link.spec(), onlyPod().spec());
        assertEquals(List.of(link.device()), heard.lastDevices());
    }

    @Test
    void deviceIsKeptAfterARestartAlsoWhenThePathOfItsNamespaceIsGone() throws IOException {
        Path path = Files.createSymbolicLink(stateDir.resolve("ns"), pod.path());
        PodLink link = pods.add(new PodSpec("a", path.toString(), List.of(IP1), Map.of(), Optional.empty()));
        pods.deactivate();
        Files.delete(path);
        start();
        await(() -> onlyPod().managed());
        assertEquals(link.device(), onlyPod().device());
        assertEquals(Map.of(), problemsOfPods());
    }

    @Test
    void deviceThatAnotherTookThePlaceOfIsNotThePodsAnyMore() {
        PodLink link = pods.add(spec("a", IP1));
        pods.deactivate();
        String name = link.device().name();
        onNode.links().delete(link.device().ifindex());
        onNode.links().create(new LinkSpec.Veth(LinkSpec.Side.named(name), LinkSpec.Side.named("other")));
        start();
        await(() -> problemsOfPods()
                .getOrDefault("pod a", "")
                .startsWith("the device " + name + " of pod a is not that pod's any more"));
        assertTrue(pods.remove("a"));
        assertTrue(onNode.links().find(name).isPresent(), "it was left alone");
    }

    @Test
    void withoutItsProviderADeviceIsListedUnmanagedAndStaysInPlace() {
        PodLink link = pods.add(spec("a", IP1));
        pods.deactivate();
        startWithoutProvider();
        assertFalse(onlyPod().managed());
        assertEquals(link.device(), onlyPod().device());
        assertEquals(Map.of(), problemsOfPods());

        var reference = FakeFramework.reference(1);
        pods.bindProvider(reference, provider);
        await(() -> onlyPod().managed());
        pods.unbindProvider(reference, provider);
        await(() -> !onlyPod().managed());
        assertEquals(link.device(), onlyPod().device());

        assertTrue(pods.remove("a"));
        assertTrue(onNode.links().find(link.device().name()).isEmpty());
    }

    @Test
    void updateOfAProviderIsNotHeardByDeviceListeners() {
        pods.add(spec("a", IP1));
        var heard = new Heard();
        pods.bindDeviceListener(heard);
        pods.unbindProvider(FakeFramework.reference(1), provider);
        pods.bindProvider(FakeFramework.reference(1), new DevicePairs(new BarePair()));
        await(() -> onlyPod().managed());
        assertEquals(1, heard.devices.size());
    }

    @Test
    void podWhoseDeviceIsGoneIsListedReportedAndRemovable() {
        var heard = new Heard();
        pods.bindPodListener(heard);
        PodLink link = pods.add(spec("a", IP1));
        onNode.links().delete(link.device().ifindex());

        await(() -> problemsOfPods().containsKey("pod a"));
        assertTrue(problemsOfPods()
                .get("pod a")
                .startsWith("the device " + link.device().name() + " of pod a is gone"));
        await(() -> heard.lastPods().isEmpty());
        assertEquals(1, pods.list().size());

        assertTrue(pods.remove("a"));
        assertEquals(Map.of(), problemsOfPods());
        assertEquals(List.of(), pods.list());
        assertFalse(pods.remove("a"));
    }

    @Test
    void podWhoseDeviceIsGoneIsConnectedAnewWhenAddedAgain() {
        PodLink link = pods.add(spec("a", IP1));
        onNode.links().delete(link.device().ifindex());
        await(() -> problemsOfPods().containsKey("pod a"));
        PodLink again = pods.add(spec("a", IP1));
        assertTrue(onNode.links().find(again.device().ifindex()).isPresent());
        assertEquals(Map.of(), problemsOfPods());
    }

    @Test
    void fullDiskFailsTheAdditionCleanlyAndLaterOnesWork() throws Exception {
        pods.add(spec("a", IP1));
        pods.deactivate();
        run("mount", "-t", "tmpfs", "-o", "size=64k", "podlane-test", stateDir.toString());
        try {
            start();
            Path filler = stateDir.resolve("filler");
            fill(filler);
            var thrown = assertThrows(UncheckedIOException.class, () -> pods.add(spec("b", IP2)));
            assertTrue(
                    thrown.getMessage()
                            .matches("cannot save pod b in .*: No space left on device; its device was removed again"),
                    thrown.getMessage());
            assertTrue(problemsOfPods().values().stream().anyMatch(p -> p.contains("No space left on device")));
            assertTrue(onNode.links().find(DeviceName.of("b")).isEmpty());
            assertEquals(List.of(), pods.list());

            Files.delete(filler);
            pods.add(spec("b", IP2));
            assertEquals(Map.of(), problemsOfPods());
            pods.deactivate();
        } finally {
            run("umount", "--lazy", stateDir.toString());
        }
        start();
        assertEquals("a", onlyPod().spec().name());
    }

    @Test
    void corruptFileIsReportedAndTheOtherPodsAreKept() throws IOException {
        PodLink a = pods.add(spec("a", IP1));
        pods.add(spec("b", IP2));
        pods.deactivate();
        Path file = stateDir.resolve("pods").resolve(a.device().name() + ".json");
        Files.writeString(file, Files.readString(file).substring(0, 40));
        start();

        await(() -> problemsOfPods().containsKey(file.toString()));
        assertEquals("b", onlyPod().spec().name());
        assertTrue(onNode.links().find(a.device().name()).isPresent(), "its device is left as it is");
        pods.add(spec("a", IP1));
        assertEquals(Map.of(), problemsOfPods());
    }

    @Test
    void uplinkThatVanishesIsReportedAndWelcomedBack() {
        var heard = new Heard();
        pods.bindDeviceListener(heard);
        await(() -> "uplink up0 is not there".equals(framework.problems().get("uplink up0")));

        int first = makeUplink();
        await(() -> heard.lastDevices().stream().anyMatch(d -> d.ifindex() == first));
        assertFalse(framework.problems().containsKey("uplink up0"));
        assertEquals(Device.Role.UPLINK, heard.lastDevices().get(0).role());

        onNode.links().delete(first);
        await(() -> heard.lastDevices().isEmpty() && framework.problems().containsKey("uplink up0"));

        int second = makeUplink();
        await(() -> heard.lastDevices().stream().anyMatch(d -> d.ifindex() == second));
        assertFalse(framework.problems().containsKey("uplink up0"));
    }

    @Test
    void renamedUplinkIsGone() {
        var heard = new Heard();
        pods.bindDeviceListener(heard);
        int ifindex = makeUplink();
        await(() -> !heard.lastDevices().isEmpty());
        onNode.links().rename(ifindex, "other0");
        await(() -> heard.lastDevices().isEmpty());
        assertTrue(framework.problems().containsKey("uplink up0"));
    }

    @Test
    void podsGetTheUplinksMtu() {
        int uplink = makeUplink();
        onNode.links().setMtu(uplink, 9000);
        var heard = new Heard();
        pods.bindDeviceListener(heard);
        await(() -> !heard.lastDevices().isEmpty());
        PodLink link = pods.add(spec("a", IP1));
        assertEquals(
                9000, onNode.links().find(link.device().name()).orElseThrow().mtu());
    }

    private int makeUplink() {
        onNode.links().create(new LinkSpec.Veth(LinkSpec.Side.named("up0"), LinkSpec.Side.named("up1")));
        return onNode.links().find("up0").orElseThrow().ifindex();
    }

    @Test
    void listenerThatThrowsDoesNotHurtOthers() {
        var heard = new Heard();
        pods.bindPodListener(list -> {
            throw new IllegalStateException("on purpose");
        });
        pods.bindPodListener(heard);
        pods.add(spec("a", IP1));
        assertEquals(1, heard.lastPods().size());
    }

    @Test
    void purgeRemovesDevicesAndFilesAndEndsTheWork() throws Exception {
        PodLink link = pods.add(spec("a", IP1));
        pods.purge();
        pods.purge();
        assertTrue(onNode.links().find(link.device().name()).isEmpty());
        assertFalse(Files.exists(stateDir.resolve("pods")));
        assertThrows(IllegalStateException.class, () -> pods.add(spec("a", IP1)));
    }

    private Heard startWithSpares(int count) {
        pods.deactivate();
        startWithoutProvider(count);
        pods.bindProvider(FakeFramework.reference(1), provider);
        var heard = new Heard();
        pods.bindDeviceListener(heard);
        pods.bindPodListener(heard);
        await(() -> heard.lastDevices().size() == count);
        return heard;
    }

    private List<String> devicesOfOurs() {
        return onNode.links().list().stream()
                .map(Link::name)
                .filter(name -> name.startsWith("pl"))
                .sorted()
                .toList();
    }

    @Test
    void sparesAreToldToThoseWhoAttachProgramsAndAreNoPods() {
        Heard heard = startWithSpares(2);
        assertEquals(List.of("plspare1", "plspare2"), devicesOfOurs());
        assertEquals(
                List.of("plspare1", "plspare2"),
                heard.lastDevices().stream().map(Device::name).toList());
        assertEquals(List.of(), heard.lastPods());
        assertEquals(List.of(), pods.list());
    }

    @Test
    void addedPodGetsASpareWhichIsMadeUpFor() {
        Heard heard = startWithSpares(1);
        Device spare = heard.lastDevices().get(0);
        PodLink link = pods.add(spec("a", IP1));
        assertEquals(spare.ifindex(), link.device().ifindex());
        assertEquals(DeviceName.of("a"), link.device().name());
        assertEquals(List.of(link), heard.lastPods());
        await(() -> heard.lastDevices().size() == 2);
        assertTrue(devicesOfOurs().contains("plspare1"));
    }

    @Test
    void restartKeepsPodsThatGotASpareAndDropsTheSpares() {
        startWithSpares(1);
        PodLink link = pods.add(spec("a", IP1));
        pods.deactivate();
        await(() -> devicesOfOurs().equals(List.of(DeviceName.of("a"))));
        start();
        assertEquals(link.device(), onlyPod().device());
    }

    @Test
    void spareThatSomeoneDeletesIsMadeUpFor() {
        Heard heard = startWithSpares(1);
        int deleted = heard.lastDevices().get(0).ifindex();
        onNode.links().delete(deleted);
        await(() -> heard.lastDevices().stream().anyMatch(device -> device.ifindex() != deleted));
    }

    @Test
    void sparesGoWithTheirProviderAndWithAPurge() {
        Heard heard = startWithSpares(1);
        pods.unbindProvider(FakeFramework.reference(1), provider);
        await(() -> heard.lastDevices().isEmpty());
        assertEquals(List.of(), devicesOfOurs());
        pods.bindProvider(FakeFramework.reference(1), new DevicePairs(new BarePair()));
        await(() -> heard.lastDevices().size() == 1);
        pods.purge();
        assertEquals(List.of(), devicesOfOurs());
    }

    private PodLink onlyPod() {
        List<PodLink> all = pods.list();
        assertEquals(1, all.size(), () -> "pods: " + all);
        return all.get(0);
    }

    private Map<String, String> problemsOfPods() {
        var problems = new java.util.TreeMap<>(framework.problems());
        problems.remove("uplink up0");
        return problems;
    }

    private static void fill(Path file) throws IOException {
        try (var out = Files.newOutputStream(file)) {
            while (true) {
                out.write(new byte[4096]);
            }
        } catch (IOException e) {
            assertTrue(e.getMessage().contains("No space left"), e.getMessage());
        }
    }

    private static void run(String... command) throws Exception {
        assertEquals(0, new ProcessBuilder(command).inheritIO().start().waitFor(), () -> String.join(" ", command));
    }

    private static void await(BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() < deadline, "it did not come about in 10 s");
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
    }

    private static final class Heard implements DeviceListener, PodListener {
        private final List<List<Device>> devices = new CopyOnWriteArrayList<>();
        private final List<List<PodLink>> pods = new CopyOnWriteArrayList<>();

        @Override
        public void devices(List<Device> list) {
            devices.add(list);
        }

        @Override
        public void pods(List<PodLink> list) {
            pods.add(list);
        }

        List<Device> lastDevices() {
            return devices.get(devices.size() - 1);
        }

        List<PodLink> lastPods() {
            return pods.get(pods.size() - 1);
        }
    }
}
