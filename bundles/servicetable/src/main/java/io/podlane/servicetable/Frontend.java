// SPDX-License-Identifier: Apache-2.0
package io.podlane.servicetable;

import io.podlane.api.cluster.Protocol;
import java.net.Inet4Address;

/**
 * Where clients reach a service.
 *
 * @param address the service's address
 * @param port 1 to 65535
 * @param protocol the transport protocol
 */
record Frontend(Inet4Address address, int port, Protocol protocol) {
    @Override
    public String toString() {
        return address.getHostAddress() + ":" + port + "/" + protocol;
    }
}
