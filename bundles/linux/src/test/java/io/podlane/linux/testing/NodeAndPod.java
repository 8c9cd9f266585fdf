// SPDX-License-Identifier: Apache-2.0
package io.podlane.linux.testing;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.podlane.api.cluster.IpAddress;
import io.podlane.api.device.PodSpec;
import io.podlane.linux.netlink.Address;
import io.podlane.linux.netlink.Rtnetlink;
import io.podlane.linux.netns.NetworkNamespace;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Two network namespaces: a node that has addresses, and a pod that has no device yet. */
public final class NodeAndPod implements AutoCloseable {
    public static final InetAddress NODE4 = IpAddress.parse("192.0.2.1");
    public static final InetAddress NODE6 = IpAddress.parse("2001:db8::1");
    public static final InetAddress POD4 = IpAddress.parse("10.1.0.5");
    public static final InetAddress POD6 = IpAddress.parse("fd00::5");
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    public final NetworkNamespace node = NetworkNamespace.create();
    public final NetworkNamespace pod = NetworkNamespace.create();
    public final Rtnetlink onNode = Rtnetlink.open(node);
    public final Rtnetlink inPod = Rtnetlink.open(pod);
    /** The pod that is to get a device. */
    public final PodSpec spec =
            new PodSpec("a", pod.path().toString(), List.of(POD4, POD6), Map.of(), Optional.empty());

    public NodeAndPod() {
        int lo = onNode.links().find("lo").orElseThrow().ifindex();
        onNode.links().setUp(lo);
        onNode.addresses().add(Address.single(lo, NODE4));
        onNode.addresses().add(Address.single(lo, NODE6));
    }

    /** Each connects to the other, by IPv4 and IPv6. */
    public void assertReachEachOther() throws IOException {
        assertConnects(node, pod, POD4);
        assertConnects(pod, node, NODE4);
        assertConnects(node, pod, POD6);
        assertConnects(pod, node, NODE6);
    }

    /** A TCP connection from one namespace to an address that the other one listens at. */
    public void assertConnects(NetworkNamespace from, NetworkNamespace to, InetAddress address) throws IOException {
        try (var server = listen(to, address);
                var client = connect(from, (InetSocketAddress) server.getLocalAddress(), PATIENCE)) {
            assertTrue(client.isConnected());
        }
    }

    /** Listens at some port. */
    public static ServerSocketChannel listen(NetworkNamespace namespace, InetAddress address) {
        return namespace.call(() -> {
            try {
                return ServerSocketChannel.open().bind(new InetSocketAddress(address, 0));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    /** Connects, or throws {@link UncheckedIOException}. */
    public static SocketChannel connect(NetworkNamespace namespace, InetSocketAddress server, Duration patience) {
        return namespace.call(() -> {
            try {
                var channel = SocketChannel.open();
                channel.socket().connect(server, (int) patience.toMillis());
                return channel;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    @Override
    public void close() {
        onNode.close();
        inPod.close();
        node.close();
        pod.close();
    }
}
