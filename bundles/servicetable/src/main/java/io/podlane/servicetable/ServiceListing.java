// SPDX-License-Identifier: Apache-2.0
package io.podlane.servicetable;

import java.util.List;

/** The service table as people and programs read it. */
public interface ServiceListing {
    /** One row for each frontend, by namespace, name and frontend; it reflects all that was reported before. */
    List<Row> rows();

    /** A frontend; the components are the columns and JSON fields of {@code svc:list}. */
    record Row(
            String namespace,
            String name,
            String address,
            int port,
            String protocol,
            String type,
            List<Endpoint> backends) {}

    /** A backend; the state is {@code ready}, {@code serving} or {@code terminating}. */
    record Endpoint(String address, int port, String state) {
        /** As it stands in a table's cell. */
        @Override
        public String toString() {
            return address + ":" + port + (state.equals("ready") ? "" : " (" + state + ")");
        }
    }
}
