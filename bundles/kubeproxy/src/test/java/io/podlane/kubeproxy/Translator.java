// SPDX-License-Identifier: Apache-2.0
package io.podlane.kubeproxy;

import io.podlane.api.bpf.BpfMap;
import io.podlane.api.bpf.BpfObject;
import io.podlane.api.bpf.Codec;
import io.podlane.api.bpf.Program;
import io.podlane.api.cluster.ClusterState;
import io.podlane.api.cluster.EndpointSlice;
import io.podlane.api.cluster.IpAddress;
import io.podlane.api.cluster.ObjectName;
import io.podlane.api.cluster.Protocol;
import io.podlane.api.cluster.Service;
import io.podlane.linux.bpf.Btf;
import io.podlane.linux.bpf.KernelLoader;
import io.podlane.linux.testing.Machine;
import io.podlane.linux.testing.Packet;
import io.podlane.servicetable.ServiceReconciler;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The translating programs over a service table that the real writer fills. */
final class Translator implements AutoCloseable {
    static final int NEXT = -1;
    static final int DROP = 2;

    private final KernelLoader loader;
    private final ServiceReconciler table;
    private final BpfObject programs;
    private final Map<ObjectName, Service> services = new LinkedHashMap<>();
    private final Map<ObjectName, EndpointSlice> slices = new LinkedHashMap<>();

    /** Keys and values as bytes, in the node's byte order. */
    private record Bytes(int size) implements Codec<ByteBuffer> {
        @Override
        public void write(ByteBuffer value, ByteBuffer to) {
            to.put(value.duplicate().position(0));
        }

        @Override
        public ByteBuffer read(ByteBuffer from) {
            byte[] bytes = new byte[size];
            from.get(bytes);
            return ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
        }
    }

    Translator(Path bpffs) {
        loader = new KernelLoader(bpffs, "io.podlane.kubeproxy");
        table = new ServiceReconciler(null, loader);
        programs = loader.load(Machine.object("kubeproxy/translate"));
    }

    /** Has a service, such as {@code 10.96.0.1:80}, with these backends, such as {@code 10.1.0.2:8080}. */
    Translator service(Protocol protocol, String frontend, String... backends) {
        var name = new ObjectName("default", (protocol + "-" + frontend).replace(':', '-'));
        services.put(
                name,
                new Service(
                        name,
                        Service.Type.ClusterIP,
                        List.of(IpAddress.parse(host(frontend))),
                        List.of(new Service.Port("", protocol, port(frontend)))));
        slices.values().removeIf(slice -> slice.service().equals(name.name()));
        for (String backend : backends) {
            var sliceName = new ObjectName("default", name.name() + "-" + backend);
            slices.put(
                    sliceName,
                    new EndpointSlice(
                            sliceName,
                            name.name(),
                            List.of(new Service.Port("", protocol, port(backend))),
                            List.of(new EndpointSlice.Endpoint(
                                    IpAddress.parse(host(backend)), true, true, false, ""))));
        }
        publish();
        return this;
    }

    /** Has no service any more. */
    void clear() {
        services.clear();
        slices.clear();
        publish();
    }

    private void publish() {
        table.snapshot(new ClusterState(new HashMap<>(services), new HashMap<>(slices), Map.of(), Map.of()));
        table.rows(); // waits for it
    }

    private static String host(String endpoint) {
        return endpoint.substring(0, endpoint.indexOf(':'));
    }

    private static int port(String endpoint) {
        return Integer.parseInt(endpoint.substring(endpoint.indexOf(':') + 1));
    }

    /** What becomes of a packet that a pod sends: its description, or why it was dropped. */
    String fromPod(Packet packet) {
        return run("podlane_kubeproxy_from_pod", packet.bytes());
    }

    /** What becomes of a packet that an uplink receives. */
    String fromUplink(Packet packet) {
        return run("podlane_kubeproxy_from_uplink", packet.bytes());
    }

    byte[] bytesFromPod(byte[] packet) {
        var run = test("podlane_kubeproxy_from_pod", packet);
        if (run.verdict() != NEXT) {
            throw new AssertionError("verdict " + run.verdict());
        }
        return run.packet();
    }

    /** The outcome, as it is. */
    Program.TestRun test(String program, byte[] packet) {
        return programs.program(program).test(packet);
    }

    private String run(String program, byte[] packet) {
        var before = drops();
        var run = test(program, packet);
        return switch (run.verdict()) {
            case NEXT -> Packet.describe(run.packet());
            case DROP -> "drop " + newDrop(before, drops());
            default -> "verdict " + run.verdict();
        };
    }

    private List<Long> drops() {
        BpfMap<Integer, Long> counts = programs.map("drop_counts_v1", Codec.U32, Codec.U64);
        return Stream.iterate(0, i -> i + 1)
                .limit(8)
                .map(reason ->
                        counts.getPerCpu(reason).stream().mapToLong(n -> n).sum())
                .toList();
    }

    private static String newDrop(List<Long> before, List<Long> after) {
        String[] names = {
            "unspecified",
            "no endpoints",
            "fragment",
            "flow collision",
            "conntrack full",
            "rewrite failed",
            "table corrupt",
            "spoofed source"
        };
        for (int i = 0; i < names.length; i++) {
            if (after.get(i) == before.get(i) + 1) {
                return names[i];
            }
        }
        return "uncounted";
    }

    private BpfMap<ByteBuffer, ByteBuffer> conntrack() {
        return programs.map("conntrack4_v1", new Bytes(16), new Bytes(40));
    }

    int connectionEntries() {
        int[] count = {0};
        conntrack().forEach((tuple, flow) -> count[0]++);
        return count[0];
    }

    /** Makes every connection's last packet that much older. */
    void age(long seconds) {
        int seen = Btf.of(Machine.object("kubeproxy/translate").elf()).struct("ct_flow").orElseThrow().fields().stream()
                .filter(field -> field.name().equals("seen"))
                .findFirst()
                .orElseThrow()
                .offset();
        var aged = new HashMap<ByteBuffer, ByteBuffer>();
        conntrack()
                .forEach((tuple, flow) ->
                        aged.put(tuple, flow.putLong(seen, flow.getLong(seen) - seconds * 1_000_000_000L)));
        conntrack().putAll(aged);
    }

    /** Forgets what replies are, as the LRU may. */
    void forgetReplies() {
        int kind = Btf.of(Machine.object("kubeproxy/translate").elf()).struct("ct_flow").orElseThrow().fields().stream()
                .filter(field -> field.name().equals("kind"))
                .findFirst()
                .orElseThrow()
                .offset();
        conntrack().forEach((tuple, flow) -> {
            if (flow.get(kind) == 2) {
                conntrack().remove(tuple);
            }
        });
    }

    long nanos(String program, byte[] packet) {
        return test(program, packet).nanos();
    }

    @Override
    public void close() throws InterruptedException {
        table.stop();
        programs.close();
        loader.close();
    }
}
