// SPDX-License-Identifier: Apache-2.0
package io.podlane.tcx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.podlane.api.attach.AttachPoint.Tcx;
import io.podlane.api.attach.Hook;
import io.podlane.api.attach.Phase;
import io.podlane.api.bpf.Program;
import io.podlane.api.device.Device;
import io.podlane.api.extension.DatapathExtension;
import io.podlane.api.extension.DeviceSelector;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.osgi.framework.Bundle;
import org.osgi.framework.ServiceReference;

final class ExtensionsTest {
    private static final Device POD = device(
            "pod1", 5, Device.Role.POD, "veth", Map.of(Hook.POD_EGRESS, new Tcx(5, Tcx.Direction.INGRESS)), Set.of());
    private static final Device IPVLAN = device("pod2", 6, Device.Role.POD, "ipvlan", Map.of(), Set.of());
    private static final Device UPLINK = device(
            "eth0",
            3,
            Device.Role.UPLINK,
            "physical",
            Map.of(Hook.UPLINK_INGRESS, new Tcx(3, Tcx.Direction.INGRESS)),
            Set.of(Hook.UPLINK_INGRESS));

    private final Map<String, String> problems = new HashMap<>();
    private final Extensions extensions = new Extensions();
    private final Leases leases = new Leases(Path.of("/bpffs"), 7, null);

    private static Device device(
            String name,
            int ifindex,
            Device.Role role,
            String kind,
            Map<Hook, io.podlane.api.attach.AttachPoint> hooks,
            Set<Hook> tailed) {
        return new Device(name, ifindex, role, kind, hooks, tailed);
    }

    private static class Fake implements DatapathExtension {
        private final String name;
        private final Program program;
        private final DeviceSelector devices;
        private final Phase phase;

        Fake(String name, Program program, DeviceSelector devices, Phase phase) {
            this.name = name;
            this.program = program;
            this.devices = devices;
            this.phase = phase;
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public Program program() {
            return program;
        }

        @Override
        public DeviceSelector devices() {
            return devices;
        }

        @Override
        public Phase phase() {
            return phase;
        }

        @Override
        public Hook hook() {
            return Hook.POD_EGRESS;
        }
    }

    private static Program program(String name) {
        return (Program) Proxy.newProxyInstance(
                ExtensionsTest.class.getClassLoader(),
                new Class<?>[] {Program.class},
                (proxy, method, arguments) -> method.getName().equals("name") ? name : null);
    }

    private static ServiceReference<DatapathExtension> reference(String owner, int ranking) {
        var loader = ExtensionsTest.class.getClassLoader();
        return reference(
                (Bundle) Proxy.newProxyInstance(loader, new Class<?>[] {Bundle.class}, (p, m, a) -> owner), ranking);
    }

    @SuppressWarnings("unchecked")
    private static ServiceReference<DatapathExtension> reference(Bundle bundle, int ranking) {
        var loader = ExtensionsTest.class.getClassLoader();
        return (ServiceReference<DatapathExtension>) Proxy.newProxyInstance(
                loader,
                new Class<?>[] {ServiceReference.class},
                (proxy, method, arguments) -> switch (method.getName()) {
                    case "getBundle" -> bundle;
                    case "getProperty" -> ranking;
                    case "compareTo" ->
                        Integer.compare(ranking, (int) ((ServiceReference<?>) arguments[0]).getProperty(""));
                    case "hashCode" -> System.identityHashCode(proxy);
                    case "equals" -> proxy == arguments[0];
                    default -> null;
                });
    }

    private void add(ServiceReference<DatapathExtension> reference, DatapathExtension extension) {
        extensions.add(reference, Extensions.ask(extension));
    }

    private Map<LinkPin, Declaration> declarations(Device... devices) {
        return extensions.declarations(List.of(devices), leases, problems::put);
    }

    @Test
    void anExtensionIsWantedOnEveryDeviceItSelects() {
        add(reference("org.example", 0), new Fake("count", program("p"), new DeviceSelector.Pods(), Phase.CLASSIFY));
        var wanted = declarations(POD, UPLINK);
        assertEquals(1, wanted.size());
        var declared = wanted.values().iterator().next();
        assertEquals(
                Path.of("org+example/7_5/tcx-ingress_count"), declared.pin().relative());
        assertEquals(Optional.of(Phase.CLASSIFY), declared.phase());
        assertEquals("pod1", declared.device());
        assertEquals(Map.of(), problems);
    }

    @Test
    void aDeviceWithoutTheHookIsNamedAndTheOthersAreServed() {
        add(reference("org.example", 0), new Fake("count", program("p"), new DeviceSelector.Pods(), Phase.CLASSIFY));
        assertEquals(1, declarations(IPVLAN, POD).size());
        assertEquals(
                "a device of kind ipvlan has no hook POD_EGRESS, so the program does not run there",
                problems.get("count of org.example on pod2"));
    }

    @Test
    void anExtensionThatThrowsOrHasABadNameIsNamedAndTheOthersAreServed() {
        add(reference("broken", 0), new Fake("x", program("p"), null, Phase.SHAPE));
        add(reference("badly.named", 0), new Fake("a b", program("p"), new DeviceSelector.Pods(), Phase.SHAPE));
        add(reference("fine", 0), new Fake("x", program("p"), new DeviceSelector.Pods(), Phase.SHAPE));
        assertEquals(1, declarations(POD).size());
        assertEquals(Set.of("extension of broken", "extension of badly.named"), problems.keySet());
    }

    @Test
    void anExtensionBuiltAgainstAnotherApiIsNamedAndTheOthersAreServed() {
        add(reference("broken", 0), new Fake("x", program("p"), new DeviceSelector.Pods(), Phase.SHAPE) {
            @Override
            public Program program() {
                throw new AbstractMethodError("program");
            }
        });
        add(reference("fine", 0), new Fake("x", program("p"), new DeviceSelector.Pods(), Phase.SHAPE));
        assertEquals(1, declarations(POD).size());
        assertEquals(
                Map.of("extension of broken", "it cannot be attached: java.lang.AbstractMethodError: program"),
                problems);
    }

    @Test
    void anExtensionIsAskedOnceWhenItComesAndNotForEveryDevice() {
        var asked = new AtomicInteger();
        add(reference("slow", 0), new Fake("x", program("p"), new DeviceSelector.Pods(), Phase.SHAPE) {
            @Override
            public String name() {
                asked.incrementAndGet();
                return super.name();
            }
        });
        declarations(POD);
        declarations(POD);
        assertEquals(1, asked.get());
    }

    @Test
    void ofTwoExtensionsOfABundleWithOneNameOneRunsAndTheNameIsAProblem() {
        var first = reference("b", 0);
        add(first, new Fake("x", program("p"), new DeviceSelector.Pods(), Phase.SHAPE));
        add(reference(first.getBundle(), 0), new Fake("x", program("q"), new DeviceSelector.Pods(), Phase.ROUTE));
        assertEquals(1, declarations(POD).size());
        assertEquals(Set.of("x of b"), problems.keySet());
    }

    @Test
    void ofTwoVersionsOfABundleTheOneOfHigherRankingGetsTheDevice() {
        add(reference("b", 5), new Fake("x", program("new"), new DeviceSelector.Pods(), Phase.SHAPE));
        add(reference("b", 1), new Fake("x", program("old"), new DeviceSelector.Pods(), Phase.SHAPE));
        var wanted = declarations(POD);
        assertEquals(1, wanted.size());
        assertEquals("new", wanted.values().iterator().next().program().name());
    }

    @Test
    void tailsAreWhereTheDeviceSaysAndDoNotCountAsUse() {
        var tails = Extensions.tails(List.of(POD, UPLINK), "io.podlane.tcx", leases, program("tail"));
        assertEquals(1, tails.size());
        assertEquals("eth0", tails.get(0).device());
        assertEquals(Optional.of(Phase.TAIL), tails.get(0).phase());

        var tail = lease(tails.get(0));
        var devices = Map.of(5, POD, 3, UPLINK);
        assertEquals(Map.of(), HookUse.inUse(List.of(tail), devices));
        var used = new Declaration(
                leases.pin("o", POD.hooks().get(Hook.POD_EGRESS), "n"),
                POD.hooks().get(Hook.POD_EGRESS),
                Optional.empty(),
                "pod1",
                program("p"));
        assertEquals(Map.of(Hook.POD_EGRESS, Set.of(5)), HookUse.inUse(List.of(tail, lease(used)), devices));
        assertTrue(HookUse.inUse(List.of(lease(used)), Map.of(3, UPLINK)).isEmpty(), "its device is not there");
    }

    private static Lease lease(Declaration declared) {
        return new Lease(
                declared.pin(), declared.point(), declared.phase(), declared.device(), "program", "identity", 1, 2);
    }
}
