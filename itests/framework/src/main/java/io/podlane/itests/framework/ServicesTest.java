// SPDX-License-Identifier: Apache-2.0
package io.podlane.itests.framework;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.podlane.api.attach.AttachService;
import io.podlane.api.attach.Attachment;
import io.podlane.api.attach.Hook;
import io.podlane.api.attach.Order;
import io.podlane.api.attach.Phase;
import io.podlane.api.bpf.BpfLoader;
import io.podlane.api.bpf.BpfObject;
import io.podlane.api.bpf.BpfSource;
import io.podlane.api.bpf.Codec;
import io.podlane.api.bpf.Program;
import io.podlane.api.device.Device;
import io.podlane.api.device.DeviceListener;
import io.podlane.api.extension.DatapathExtension;
import io.podlane.api.extension.DeviceSelector;
import io.podlane.api.kernel.KernelException;
import io.podlane.api.status.Problem;
import io.podlane.api.status.Problems;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.ServiceRegistration;
import org.osgi.framework.wiring.FrameworkWiring;
import org.osgi.resource.Requirement;

/** The platform's services as a bundle in the framework sees them. The node has an uplink, and no pods. */
class ServicesTest {
    private final BundleContext context =
            FrameworkUtil.getBundle(ServicesTest.class).getBundleContext();
    private BpfObject object;
    private Program program;
    private Device uplink;

    @BeforeEach
    void load() {
        object = service(BpfLoader.class).load(BpfSource.of(ServicesTest.class, "/count.bpf.o"));
        program = object.program("example_count");
        uplink = devices().stream()
                .filter(device -> device.role() == Device.Role.UPLINK)
                .findFirst()
                .orElseThrow();
    }

    @AfterEach
    void release() {
        service(AttachService.class).attachments().forEach(Attachment::detach);
        object.close();
    }

    private <S> S service(Class<S> type) {
        var reference = context.getServiceReference(type);
        assertNotNull(reference, type.getName());
        return context.getService(reference);
    }

    private List<Device> devices() {
        var devices = new AtomicReference<List<Device>>();
        context.registerService(DeviceListener.class, devices::set, null).unregister();
        assertNotNull(devices.get(), "a listener is called when it is registered");
        return devices.get();
    }

    private AttachService.Programs programs() {
        return service(AttachService.class).query(uplink.hooks().get(Hook.UPLINK_INGRESS));
    }

    private Attachment attach(String name, Order order) {
        return service(AttachService.class).attach(name, program, uplink.hooks().get(Hook.UPLINK_INGRESS), order);
    }

    @Test
    void everyBundleThatCanResolveIsActive() {
        for (Bundle bundle : context.getBundles()) {
            boolean fragment = bundle.getHeaders().get("Fragment-Host") != null;
            boolean lacksAKernelFeature = bundle.getState() == Bundle.INSTALLED;
            if (!fragment && !lacksAKernelFeature) {
                assertEquals(Bundle.ACTIVE, bundle.getState(), bundle.getSymbolicName());
            }
            if (lacksAKernelFeature) {
                assertTrue(
                        String.valueOf(bundle.getHeaders().get("Require-Capability"))
                                .contains("linux.kernel"),
                        bundle.getSymbolicName());
            }
        }
    }

    @Test
    void theKernelsFeaturesAreCapabilitiesOfTheFramework() {
        var wiring = context.getBundle(0).adapt(FrameworkWiring.class);
        assertFalse(wiring.findProviders(requirement("(feature=tcx)")).isEmpty());
        assertTrue(wiring.findProviders(requirement("(feature=time-travel)")).isEmpty());
    }

    private static Requirement requirement(String filter) {
        return new Requirement() {
            @Override
            public String getNamespace() {
                return "linux.kernel";
            }

            @Override
            public Map<String, String> getDirectives() {
                return Map.of("filter", filter);
            }

            @Override
            public Map<String, Object> getAttributes() {
                return Map.of();
            }

            @Override
            public org.osgi.resource.Resource getResource() {
                return null;
            }
        };
    }

    @Test
    void theOwnerOfAnAttachmentIsTheBundleThatAsked() {
        Attachment attachment = attach("mine", new Order.Head());
        assertEquals(context.getBundle().getSymbolicName(), attachment.owner());
        assertEquals(attachment.linkId(), programs().programs().get(0).linkId());
    }

    @Test
    void attachingTheSameAgainAdoptsIt() {
        Attachment first = attach("mine", new Order.InPhase(Phase.CAPTURE));
        long revision = programs().revision();
        Attachment again = attach("mine", new Order.InPhase(Phase.CAPTURE));
        assertEquals(first.linkId(), again.linkId());
        assertEquals(revision, programs().revision(), "nothing changed in the kernel");
    }

    @Test
    void programsStandInTheOrderOfTheirPhases() {
        // The kernel takes one program once at a point, so each copy differs by a constant of its own.
        var late = copy(1);
        var early = copy(2);
        var service = service(AttachService.class);
        var point = uplink.hooks().get(Hook.UPLINK_INGRESS);
        Attachment policy = service.attach("late", late, point, new Order.InPhase(Phase.POLICY));
        Attachment capture = service.attach("early", early, point, new Order.InPhase(Phase.CAPTURE));
        List<Integer> links =
                programs().programs().stream().map(AttachService.Entry::linkId).toList();
        assertTrue(links.indexOf(capture.linkId()) < links.indexOf(policy.linkId()), links::toString);
        assertEquals(0, links.indexOf(capture.linkId()), "before all of the platform's own");
    }

    private Program copy(int n) {
        var source = BpfSource.of(ServicesTest.class, "/count.bpf.o");
        byte[] elf = Arrays.copyOf(source.elf(), source.elf().length + 8);
        elf[source.elf().length] = (byte) n;
        return service(BpfLoader.class)
                .load(new BpfSource("copy" + n, elf, Map.of(), Map.of()))
                .program("example_count");
    }

    @Test
    void aRevisionThatIsPastIsRefused() {
        var point = uplink.hooks().get(Hook.UPLINK_INGRESS);
        long revision = programs().revision();
        attach("first", new Order.Head());
        var refused = assertThrows(KernelException.class, () -> service(AttachService.class)
                .attach("second", copy(3), point, new Order.Head(), OptionalLong.of(revision)));
        assertEquals("ESTALE", refused.errno().name());
    }

    @Test
    void replacingKeepsTheLinkAndChangesTheProgram() {
        Attachment attachment = attach("mine", new Order.Head());
        int link = attachment.linkId();
        int before = programs().programs().get(0).programId();
        attachment.replace(copy(4));
        assertEquals(link, programs().programs().get(0).linkId());
        assertNotEquals(before, programs().programs().get(0).programId());
    }

    @Test
    void anExtensionIsAttachedWhenItIsRegistered() {
        Program counter = copy(5);
        ServiceRegistration<DatapathExtension> registration = context.registerService(
                DatapathExtension.class, onUplinks("uplink-counter", counter, Hook.UPLINK_INGRESS), null);
        try {
            assertTrue(
                    programs().programs().stream().anyMatch(entry -> entry.programId() == counter.id()),
                    () -> programs().toString());
        } finally {
            registration.unregister();
        }
        assertTrue(
                programs().programs().stream().anyMatch(entry -> entry.programId() == counter.id()),
                "it lingers for a while");
    }

    @Test
    void anExtensionForAHookThatTheDeviceLacksIsAProblem() {
        var registration = context.registerService(
                DatapathExtension.class, onUplinks("misplaced", copy(6), Hook.POD_EGRESS), null);
        try {
            assertTrue(problems().stream().anyMatch(message -> message.contains("POD_EGRESS")), () -> problems()
                    .toString());
        } finally {
            registration.unregister();
        }
    }

    private static DatapathExtension onUplinks(String name, Program program, Hook hook) {
        return DatapathExtension.of(name, program, hook, Phase.CLASSIFY, new DeviceSelector.Uplinks());
    }

    private List<String> problems() {
        try {
            return context.getServiceReferences(Problem.class, null).stream()
                    .map(reference ->
                            reference.getProperty(Problem.SUBJECT) + ": " + reference.getProperty(Problem.MESSAGE))
                    .toList();
        } catch (org.osgi.framework.InvalidSyntaxException impossible) {
            throw new AssertionError(impossible);
        }
    }

    @Test
    void aProblemIsThereOnceUntilItIsCleared() {
        try (var mine = Problems.of(ServicesTest.class)) {
            mine.report("uplink", "is upside down");
            mine.report("uplink", "is upside down");
            assertEquals(
                    1,
                    problems().stream().filter(p -> p.contains("upside down")).count());
            mine.clear("uplink");
            assertEquals(
                    0,
                    problems().stream().filter(p -> p.contains("upside down")).count());
        }
    }

    @Test
    void mapsAreReadAndWrittenThroughCodecs() {
        var packets = object.map("example_counter_packets_v1", Codec.U32, Codec.U64);
        assertEquals(1, packets.maxEntries());
        assertFalse(packets.getPerCpu(0).isEmpty());
        long before = packets.getPerCpu(0).stream().mapToLong(Long::longValue).sum();
        assertEquals(-1, program.test(new byte[64]).verdict());
        assertEquals(
                before + 1,
                packets.getPerCpu(0).stream().mapToLong(Long::longValue).sum());
    }
}
