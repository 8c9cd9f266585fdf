// SPDX-License-Identifier: Apache-2.0
package io.podlane.tcx;

import java.net.NetworkInterface;
import java.net.SocketException;

/** Names of devices that the node's device list does not have. */
final class DeviceNames {
    private DeviceNames() {}

    static String of(int ifindex) {
        try {
            var device = NetworkInterface.getByIndex(ifindex);
            return device == null ? "" : device.getName();
        } catch (SocketException e) {
            return "";
        }
    }
}
