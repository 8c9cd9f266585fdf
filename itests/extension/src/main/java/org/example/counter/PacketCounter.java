// SPDX-License-Identifier: Apache-2.0
package org.example.counter;

import io.podlane.api.attach.Hook;
import io.podlane.api.attach.Phase;
import io.podlane.api.bpf.BpfLoader;
import io.podlane.api.bpf.BpfMap;
import io.podlane.api.bpf.BpfObject;
import io.podlane.api.bpf.BpfSource;
import io.podlane.api.bpf.Codec;
import io.podlane.api.bpf.Program;
import io.podlane.api.extension.DatapathExtension;
import io.podlane.api.extension.DeviceSelector;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Counts what every pod receives, and tells it: {@code counter:packets}. */
@Component(
        service = {DatapathExtension.class, PacketCounter.class},
        property = {"osgi.command.scope=counter", "osgi.command.function=packets"})
public final class PacketCounter implements DatapathExtension {
    private final Program program;
    private final BpfMap<Integer, Long> packets;

    @Activate
    public PacketCounter(@Reference BpfLoader loader) {
        BpfObject object = loader.load(BpfSource.of(PacketCounter.class, "/count.bpf.o"));
        program = object.program("example_count");
        packets = object.map("example_counter_packets_v1", Codec.U32, Codec.U64);
    }

    /** How many packets the node's pods have received since the counter was first installed. */
    public long packets() {
        return packets.getPerCpu(0).stream().mapToLong(Long::longValue).sum();
    }

    @Override
    public String name() {
        return "counter";
    }

    @Override
    public Program program() {
        return program;
    }

    @Override
    public Hook hook() {
        return Hook.POD_INGRESS;
    }

    @Override
    public Phase phase() {
        return Phase.CLASSIFY;
    }

    @Override
    public DeviceSelector devices() {
        return new DeviceSelector.Pods();
    }
}
