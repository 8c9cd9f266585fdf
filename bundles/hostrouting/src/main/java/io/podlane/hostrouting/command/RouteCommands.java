// SPDX-License-Identifier: Apache-2.0
package io.podlane.hostrouting.command;

import io.podlane.api.command.Listing;
import io.podlane.hostrouting.RouteListing;
import org.apache.felix.service.command.Descriptor;
import org.apache.felix.service.command.Parameter;
import org.apache.felix.service.command.annotations.GogoCommand;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code route:*}. */
@Component(service = RouteCommands.class)
@GogoCommand(scope = "route", function = "list")
public final class RouteCommands {
    private final RouteListing routes;

    @Activate
    public RouteCommands(@Reference RouteListing routes) {
        this.routes = routes;
    }

    @Descriptor("lists where packets go from device to device, past the node's network stack")
    public Listing<RouteListing.Row> list(
            @Descriptor("table or json")
                    @Parameter(
                            names = {"-o"},
                            absentValue = "table")
                    String format) {
        return new Listing<>(RouteListing.Row.class, routes.rows(), format);
    }
}
