// SPDX-License-Identifier: Apache-2.0
package io.podlane.tcx;

import io.podlane.api.attach.AttachPoint;
import io.podlane.api.attach.AttachService;
import io.podlane.api.attach.Attachment;
import io.podlane.api.attach.Order;
import io.podlane.api.bpf.Program;
import io.podlane.linux.bpf.BpfLinks;
import java.util.List;
import java.util.OptionalLong;
import org.osgi.service.component.ComponentContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ServiceScope;

/** The attach service of one bundle. When the bundle lets go of it, its attachments stay, and are swept by the rule. */
@Component(service = AttachService.class, scope = ServiceScope.BUNDLE)
public final class OwnedAttachments implements AttachService {
    private final Attachments attachments;
    private final String owner;

    @Activate
    public OwnedAttachments(ComponentContext component, @Reference Attachments attachments) {
        this.attachments = attachments;
        this.owner = component.getUsingBundle().getSymbolicName();
    }

    @Deactivate
    void letGo() {
        attachments.letGo(this);
    }

    @Override
    public Attachment attach(String name, Program program, AttachPoint point, Order order) {
        return attach(name, program, point, order, OptionalLong.empty());
    }

    @Override
    public Attachment attach(
            String name, Program program, AttachPoint point, Order order, OptionalLong expectedRevision) {
        boolean ordered = point instanceof AttachPoint.Ordered;
        if (!ordered && (order instanceof Order.Before || order instanceof Order.After)) {
            throw new IllegalArgumentException(point.describe() + " keeps no order, so nothing is before or after");
        }
        if (!ordered && expectedRevision.isPresent()) {
            throw new IllegalArgumentException(point.describe() + " keeps no revision to be expected");
        }
        return new Owned(attachments.attach(this, owner, name, program, point, order, expectedRevision));
    }

    @Override
    public Programs query(AttachPoint point) {
        var listed = BpfLinks.query(point);
        return new Programs(
                listed.revision(),
                listed.entries().stream()
                        .map(entry -> new Entry(entry.programId(), entry.linkId(), entry.name()))
                        .toList());
    }

    @Override
    public List<Attachment> attachments() {
        return attachments.attachments(this).stream()
                .<Attachment>map(Owned::new)
                .toList();
    }

    /** A handle; holds nothing. */
    private final class Owned implements Attachment {
        private final LinkPin pin;
        private final AttachPoint point;

        Owned(Lease lease) {
            this.pin = lease.pin();
            this.point = lease.point();
        }

        @Override
        public String name() {
            return pin.name();
        }

        @Override
        public String owner() {
            return owner;
        }

        @Override
        public AttachPoint point() {
            return point;
        }

        @Override
        public int linkId() {
            return attachments.get(pin).map(Lease::linkId).orElse(0);
        }

        @Override
        public String identity() {
            return attachments.get(pin).map(Lease::identity).orElse("");
        }

        @Override
        public void replace(Program program) {
            attachments.replace(pin, program);
        }

        @Override
        public void detach() {
            attachments.detach(pin);
        }
    }
}
