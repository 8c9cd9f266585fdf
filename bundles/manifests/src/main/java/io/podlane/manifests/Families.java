// SPDX-License-Identifier: Apache-2.0
package io.podlane.manifests;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;

/** The two address families. */
final class Families {
    private Families() {}

    static boolean same(InetAddress a, InetAddress b) {
        return a instanceof Inet6Address == b instanceof Inet6Address;
    }

    static boolean atMostOneOfEach(List<InetAddress> addresses) {
        return addresses.size() <= 1 || (addresses.size() == 2 && !same(addresses.get(0), addresses.get(1)));
    }

    /** The first address of each family. */
    static List<InetAddress> firstOfEach(List<InetAddress> addresses) {
        var firsts = new ArrayList<InetAddress>();
        for (InetAddress address : addresses) {
            if (firsts.isEmpty() || (firsts.size() == 1 && !same(firsts.get(0), address))) {
                firsts.add(address);
            }
        }
        return firsts;
    }
}
