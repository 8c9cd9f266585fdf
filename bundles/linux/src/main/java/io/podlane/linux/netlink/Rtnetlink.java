// SPDX-License-Identifier: Apache-2.0
package io.podlane.linux.netlink;

import io.podlane.linux.netns.NetworkNamespace;

/**
 * A conversation with the kernel about one network namespace: the one in which the opening thread was. It stays there
 * whichever thread uses it. For one thread at a time; from platform threads only. Close it.
 */
public final class Rtnetlink implements AutoCloseable {
    private final NetlinkSocket socket;

    private Rtnetlink(NetlinkSocket socket) {
        this.socket = socket;
    }

    /** Opens it in the namespace of the current thread. */
    public static Rtnetlink open() {
        return new Rtnetlink(NetlinkSocket.open(0));
    }

    /** Opens it in another namespace. Enter each one once and keep it, rather than often. */
    public static Rtnetlink open(NetworkNamespace namespace) {
        return namespace.call(Rtnetlink::open);
    }

    /** The cookie of the namespace: no other one gets it while the machine runs. */
    public long netnsCookie() {
        return socket.netnsCookie();
    }

    public Links links() {
        return new Links(socket);
    }

    public Addresses addresses() {
        return new Addresses(socket);
    }

    public Routes routes() {
        return new Routes(socket);
    }

    public Neighbours neighbours() {
        return new Neighbours(socket);
    }

    public Qdiscs qdiscs() {
        return new Qdiscs(socket);
    }

    @Override
    public void close() {
        socket.close();
    }
}
