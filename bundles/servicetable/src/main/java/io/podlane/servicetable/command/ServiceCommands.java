// SPDX-License-Identifier: Apache-2.0
package io.podlane.servicetable.command;

import io.podlane.api.command.Listing;
import io.podlane.servicetable.ServiceListing;
import org.apache.felix.service.command.Descriptor;
import org.apache.felix.service.command.Parameter;
import org.apache.felix.service.command.annotations.GogoCommand;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code svc:*}. */
@Component(service = ServiceCommands.class)
@GogoCommand(scope = "svc", function = "list")
public final class ServiceCommands {
    private final ServiceListing services;

    @Activate
    public ServiceCommands(@Reference ServiceListing services) {
        this.services = services;
    }

    @Descriptor("lists the Services of the cluster and their backends")
    public Listing<ServiceListing.Row> list(
            @Descriptor("table or json")
                    @Parameter(
                            names = {"-o"},
                            absentValue = "table")
                    String format) {
        return new Listing<>(ServiceListing.Row.class, services.rows(), format);
    }
}
