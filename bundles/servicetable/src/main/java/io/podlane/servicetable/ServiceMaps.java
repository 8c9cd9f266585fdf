// SPDX-License-Identifier: Apache-2.0
package io.podlane.servicetable;

import io.podlane.api.bpf.BpfMap;
import io.podlane.api.bpf.BpfObject;
import io.podlane.api.bpf.Codec;
import io.podlane.api.bpf.MappedArray;
import java.net.Inet4Address;

/** The maps of bpf/include/podlane/services.h. */
record ServiceMaps(
        BpfMap<Frontend, Integer> frontends,
        BpfMap<Inet4Address, Integer> addresses,
        MappedArray services,
        MappedArray slots,
        MappedArray backends) {
    static ServiceMaps of(BpfObject object) {
        return new ServiceMaps(
                object.map("svc_frontends4_v1", Layout.FRONTEND, Codec.U32),
                object.map("svc_addresses4_v1", Codec.IPV4, Codec.U32),
                object.mappedArray("svc_services_v1"),
                object.mappedArray("svc_slots_v1"),
                object.mappedArray("svc_backends_v1"));
    }
}
