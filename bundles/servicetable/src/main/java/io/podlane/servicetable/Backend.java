// SPDX-License-Identifier: Apache-2.0
package io.podlane.servicetable;

import java.net.Inet4Address;

/**
 * Where a service sends its clients.
 *
 * @param address the endpoint's address
 * @param port 1 to 65535
 */
record Backend(Inet4Address address, int port) implements Comparable<Backend> {
    /** What an endpoint can be used for. */
    enum State {
        /** New and old connections. */
        READY,
        /** It works, but does not count as ready. */
        SERVING,
        /** It works, and is about to go: new connections only if nothing is ready. */
        TERMINATING
    }

    @Override
    public int compareTo(Backend other) {
        int byAddress = Integer.compareUnsigned(Layout.bits(address), Layout.bits(other.address));
        return byAddress != 0 ? byAddress : Integer.compare(port, other.port);
    }

    @Override
    public String toString() {
        return address.getHostAddress() + ":" + port;
    }
}
