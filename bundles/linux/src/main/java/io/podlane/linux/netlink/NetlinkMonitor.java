// SPDX-License-Identifier: Apache-2.0
package io.podlane.linux.netlink;

import io.podlane.api.kernel.KernelException;
import io.podlane.linux.netns.NetworkNamespace;
import java.util.Set;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells what changes in a network namespace, as the kernel does, on a daemon thread of its own. The first event is
 * {@link NetlinkEvent.Resynchronise}; so is one after the kernel had to drop some, which it does when the listener is slow.
 */
public final class NetlinkMonitor implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NetlinkMonitor.class);
    private static final int ENOBUFS = 105;
    private static final int STACK_BYTES = 256 * 1024;

    /** What can be told. */
    public enum Topic {
        LINKS(1 << 0),
        ADDRESSES(1 << 4 | 1 << 8),
        ROUTES(1 << 6 | 1 << 10),
        NEIGHBOURS(1 << 2);

        /** One bit less than RTNLGRP_*, as bind(2) takes them. */
        private final int groups;

        Topic(int groups) {
            this.groups = groups;
        }
    }

    private final NetlinkSocket socket;
    private final Consumer<NetlinkEvent> listener;
    private final Thread thread;
    private volatile boolean closed;

    private NetlinkMonitor(NetlinkSocket socket, String name, Consumer<NetlinkEvent> listener) {
        this.socket = socket;
        this.listener = listener;
        this.thread = new Thread(null, this::run, name, STACK_BYTES);
        thread.setDaemon(true);
    }

    /**
     * Starts one for the namespace of the current thread.
     *
     * @param name of the thread
     * @param listener called with one event at a time
     */
    public static NetlinkMonitor start(String name, Set<Topic> topics, Consumer<NetlinkEvent> listener) {
        return start(NetlinkSocket.open(groups(topics)), name, listener);
    }

    /** Starts one for another namespace. */
    public static NetlinkMonitor start(
            NetworkNamespace namespace, String name, Set<Topic> topics, Consumer<NetlinkEvent> listener) {
        return start(namespace.call(() -> NetlinkSocket.open(groups(topics))), name, listener);
    }

    private static NetlinkMonitor start(NetlinkSocket socket, String name, Consumer<NetlinkEvent> listener) {
        var monitor = new NetlinkMonitor(socket, name, listener);
        monitor.thread.start();
        return monitor;
    }

    private static int groups(Set<Topic> topics) {
        return topics.stream().mapToInt(topic -> topic.groups).reduce(0, (a, b) -> a | b);
    }

    private void run() {
        try (socket) {
            tell(new NetlinkEvent.Resynchronise());
            while (!closed) {
                receive();
            }
        } catch (KernelException e) {
            LOG.error(
                    "thread={} no more notifications: {}",
                    Thread.currentThread().getName(),
                    e.getMessage());
        }
    }

    private void receive() {
        try {
            socket.receive("receive notifications", "rtnetlink", message -> {
                NetlinkEvent event = event(message);
                if (event != null) {
                    tell(event);
                }
            });
        } catch (KernelException e) {
            if (e.errno().number() != ENOBUFS) {
                throw e;
            }
            // From here on the kernel drops events without another word, until the socket has been read empty
            // (NETLINK_S_CONGESTED in net/netlink/af_netlink.c).
            socket.drain();
            tell(new NetlinkEvent.Resynchronise());
        }
    }

    private void tell(NetlinkEvent event) {
        if (closed) {
            return;
        }
        try {
            listener.accept(event);
        } catch (RuntimeException e) {
            LOG.error("event={} the listener failed", event, e);
        }
    }

    private static NetlinkEvent event(Message message) {
        return switch (message.type()) {
            case Rtm.NEWLINK -> isDevice(message) ? new NetlinkEvent.LinkChanged(Link.read(message)) : null;
            case Rtm.DELLINK -> isDevice(message) ? new NetlinkEvent.LinkRemoved(Link.read(message)) : null;
            case Rtm.NEWADDR -> new NetlinkEvent.AddressChanged(Address.read(message));
            case Rtm.DELADDR -> new NetlinkEvent.AddressRemoved(Address.read(message));
            case Rtm.NEWROUTE -> new NetlinkEvent.RouteChanged(Route.read(message));
            case Rtm.DELROUTE -> new NetlinkEvent.RouteRemoved(Route.read(message));
            case Rtm.NEWNEIGH ->
                Neighbours.isIp(message) ? new NetlinkEvent.NeighbourChanged(Neighbour.read(message)) : null;
            case Rtm.DELNEIGH ->
                Neighbours.isIp(message) ? new NetlinkEvent.NeighbourRemoved(Neighbour.read(message)) : null;
            default -> null;
        };
    }

    /** A bridge tells of a port that leaves as of a link that goes, with its own family. */
    private static boolean isDevice(Message message) {
        return message.body().get(0) == Rtm.AF_UNSPEC;
    }

    /** Ends the thread, and waits for the listener to return from an event it is in. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        if (Thread.currentThread() == thread) {
            return;
        }
        wake();
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** The kernel acknowledges even a message that asks for nothing, and the acknowledgement ends the thread's wait. */
    private void wake() {
        try {
            socket.send(new MessageWriter(Rtm.NLMSG_NOOP, Rtm.NLM_F_ACK), "end notifications", "rtnetlink");
        } catch (KernelException e) {
            LOG.debug("the thread has ended by itself: {}", e.getMessage());
        }
    }
}
