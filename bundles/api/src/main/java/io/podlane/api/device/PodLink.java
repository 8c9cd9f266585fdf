// SPDX-License-Identifier: Apache-2.0
package io.podlane.api.device;

import java.util.Objects;

/**
 * A pod with its device.
 *
 * @param spec what was asked for
 * @param device the node's side of it
 * @param mode the device's mode: {@code l3} or {@code l2}
 * @param podMac the hardware address on the pod's side; empty (length 0) where the device has none
 * @param hostMac the hardware address on the node's side; empty where the device has none
 * @param managed false if no provider of its kind is installed any more: the device works on, but is not changed
 */
public record PodLink(PodSpec spec, Device device, String mode, byte[] podMac, byte[] hostMac, boolean managed) {
    public PodLink {
        Objects.requireNonNull(spec);
        Objects.requireNonNull(device);
        Objects.requireNonNull(mode);
        Objects.requireNonNull(podMac);
        Objects.requireNonNull(hostMac);
    }
}
