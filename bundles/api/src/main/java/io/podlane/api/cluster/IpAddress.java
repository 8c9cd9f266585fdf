// SPDX-License-Identifier: Apache-2.0
package io.podlane.api.cluster;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.regex.Pattern;

/** Reads addresses as Kubernetes writes them, and never asks a name server. */
public final class IpAddress {
    private static final Pattern V4 = Pattern.compile("((25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)(\\.(?!$)|$)){4}");
    private static final Pattern V6 = Pattern.compile("[0-9a-fA-F:.]*:[0-9a-fA-F:.]*");

    private IpAddress() {}

    /**
     * Parses an IPv4 address in four decimal parts without leading zeros (KEP-4858), or an IPv6 address.
     *
     * @throws IllegalArgumentException if it is neither
     */
    public static InetAddress parse(String text) {
        if (V4.matcher(text).matches() || V6.matcher(text).matches()) {
            try {
                return InetAddress.getByName(text);
            } catch (UnknownHostException notAnAddress) {
                // Falls through to the one message for all.
            }
        }
        throw new IllegalArgumentException("'" + text + "' is no IP address");
    }
}
