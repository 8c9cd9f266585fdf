// SPDX-License-Identifier: Apache-2.0
package io.podlane.pods.command;

import io.podlane.api.device.PodLink;
import java.net.InetAddress;
import java.util.List;

/** A line of {@code pod:list}. */
record PodRow(String name, String netns, String device, String kind, String mode, List<String> ips) {
    static PodRow of(PodLink link) {
        return new PodRow(
                link.spec().name(),
                link.spec().netns(),
                link.device().name(),
                link.device().kind(),
                link.mode(),
                link.spec().ips().stream().map(InetAddress::getHostAddress).toList());
    }
}
