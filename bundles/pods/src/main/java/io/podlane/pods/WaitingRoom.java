// SPDX-License-Identifier: Apache-2.0
package io.podlane.pods;

import io.podlane.linux.netlink.Links;
import io.podlane.linux.netns.NetworkNamespace;

/**
 * Where the far sides of spare pairs wait: a network namespace that only this process holds. When the process ends, however
 * it does, the kernel removes the namespace and every pair with it, so that none is ever left behind.
 */
final class WaitingRoom implements Spares.Node {
    private final Links links;
    private NetworkNamespace namespace;

    /** @param links of the node */
    WaitingRoom(Links links) {
        this.links = links;
    }

    @Override
    public String waitingRoom() {
        if (namespace == null) {
            namespace = NetworkNamespace.create();
        }
        return namespace.path().toString();
    }

    @Override
    public boolean has(String device) {
        return links.find(device).isPresent();
    }

    @Override
    public boolean has(int ifindex) {
        return links.find(ifindex).isPresent();
    }

    @Override
    public void delete(int ifindex) {
        if (has(ifindex)) {
            links.delete(ifindex);
        }
    }

    @Override
    public void close() {
        if (namespace != null) {
            namespace.close();
            namespace = null;
        }
    }
}
