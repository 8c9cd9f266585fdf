// SPDX-License-Identifier: Apache-2.0
package io.podlane.hostrouting;

import java.net.Inet4Address;

/**
 * Where packets for another node go.
 *
 * @param address the neighbour they are handed to
 * @param ifindex the uplink
 */
record NextHop(Inet4Address address, int ifindex) {
    @Override
    public String toString() {
        return address.getHostAddress() + " dev " + ifindex;
    }
}
