// SPDX-License-Identifier: Apache-2.0
package io.podlane.tcx.command;

import io.podlane.api.command.Listing;
import io.podlane.tcx.AttachmentRow;
import io.podlane.tcx.AttachmentTable;
import org.apache.felix.service.command.Descriptor;
import org.apache.felix.service.command.Parameter;
import org.apache.felix.service.command.annotations.GogoCommand;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code tcx:list}. */
@Component(service = TcxCommands.class)
@GogoCommand(scope = "tcx", function = "list")
public final class TcxCommands {
    private final AttachmentTable table;

    @Activate
    public TcxCommands(@Reference AttachmentTable table) {
        this.table = table;
    }

    @Descriptor("lists the programs at every hook, in the order in which they run, others' included")
    public Listing<AttachmentRow> list(
            @Descriptor("output: table or json") @Parameter(names = "-o", absentValue = "table") String format) {
        return new Listing<>(AttachmentRow.class, table.rows(), format);
    }
}
