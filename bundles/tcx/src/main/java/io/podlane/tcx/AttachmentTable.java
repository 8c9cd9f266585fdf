// SPDX-License-Identifier: Apache-2.0
package io.podlane.tcx;

import io.podlane.api.attach.AttachPoint;
import io.podlane.api.device.Device;
import io.podlane.api.kernel.KernelException;
import io.podlane.linux.bpf.BpfLinks;
import io.podlane.linux.bpf.BpfLinks.Entry;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** What runs where, asked from the kernel. */
@Component(service = AttachmentTable.class)
public final class AttachmentTable {
    private static final String NOBODY = "-";

    private final Attachments attachments;

    @Activate
    public AttachmentTable(@Reference Attachments attachments) {
        this.attachments = attachments;
    }

    /** The name of a point: of the device, and of the hook there. */
    private record Label(String device, String hook) {}

    public List<AttachmentRow> rows() {
        return attachments.look(AttachmentTable::rows);
    }

    private static List<AttachmentRow> rows(Leases leases, Collection<Device> devices) {
        var labels = new LinkedHashMap<AttachPoint, Label>();
        for (Device device : devices) {
            new java.util.TreeMap<>(device.hooks())
                    .forEach((hook, point) -> labels.put(point, new Label(device.name(), hook.name())));
        }
        for (Lease lease : leases.all()) {
            labels.putIfAbsent(
                    lease.point(), new Label(place(lease), lease.point().describe()));
        }
        var rows = new ArrayList<AttachmentRow>();
        labels.forEach((point, label) -> rows.addAll(rows(point, label, leases)));
        return rows;
    }

    private static String place(Lease lease) {
        return lease.point() instanceof AttachPoint.Cgroup cgroup
                ? cgroup.folder().toString()
                : lease.device();
    }

    private static List<AttachmentRow> rows(AttachPoint point, Label label, Leases leases) {
        BpfLinks.Listed listed;
        try {
            listed = BpfLinks.query(point);
        } catch (KernelException gone) {
            return List.of(); // the device has just gone
        }
        Map<Integer, Lease> ours = leases.byLink(point);
        var rows = new ArrayList<AttachmentRow>();
        String tail = "";
        for (Entry entry : listed.entries()) {
            Lease lease = point instanceof AttachPoint.Ordered
                    ? ours.get(entry.linkId())
                    : ours.values().stream()
                            .filter(l -> l.programId() == entry.programId())
                            .findFirst()
                            .orElse(null);
            rows.add(row(label, entry, lease, rows.size() + 1, tail, leases, listed.revision()));
            if (lease != null && Leases.isTail(lease)) {
                tail = lease.program();
            }
        }
        return rows;
    }

    private static AttachmentRow row(
            Label label, Entry entry, Lease lease, int position, String tail, Leases leases, long revision) {
        String name = lease == null || lease.program().isEmpty() ? entry.name() : lease.program();
        return new AttachmentRow(
                label.device(),
                label.hook(),
                tail.isEmpty() ? name : name + " (never runs: behind " + tail + ")",
                lease == null ? NOBODY : lease.pin().owner(),
                position,
                lease == null ? entry.linkId() : lease.linkId(),
                lease == null ? NOBODY : leases.path(lease.pin()).toString(),
                revision);
    }
}
