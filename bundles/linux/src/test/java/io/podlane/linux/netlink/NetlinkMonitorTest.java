// SPDX-License-Identifier: Apache-2.0
package io.podlane.linux.netlink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.podlane.api.cluster.IpAddress;
import io.podlane.linux.netlink.NetlinkMonitor.Topic;
import io.podlane.linux.netns.NetworkNamespace;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("kernel")
class NetlinkMonitorTest {
    private final NetworkNamespace namespace = NetworkNamespace.create();
    private final Rtnetlink rtnetlink = Rtnetlink.open(namespace);
    private final BlockingQueue<NetlinkEvent> events = new LinkedBlockingQueue<>();

    @AfterEach
    void close() {
        rtnetlink.close();
        namespace.close();
    }

    @Test
    void tellsWhatComesChangesAndGoes() throws Exception {
        try (var monitor = NetlinkMonitor.start(namespace, "test", EnumSet.allOf(Topic.class), events::add)) {
            assertInstanceOf(NetlinkEvent.Resynchronise.class, events.poll(5, TimeUnit.SECONDS));

            rtnetlink.links().create(new LinkSpec.Veth(LinkSpec.Side.named("a0"), LinkSpec.Side.named("b0")));
            await(e ->
                    e instanceof NetlinkEvent.LinkChanged c && c.link().name().equals("a0"));
            int ifindex = rtnetlink.links().find("a0").orElseThrow().ifindex();
            rtnetlink.links().setUp(ifindex);
            await(e -> e instanceof NetlinkEvent.LinkChanged c
                    && c.link().ifindex() == ifindex
                    && c.link().up());

            var address = new Address(ifindex, IpAddress.parse("10.1.0.1"), 24);
            rtnetlink.addresses().add(address);
            await(e -> e instanceof NetlinkEvent.AddressChanged c && c.address().equals(address));
            var route = Route.to(IpAddress.parse("10.2.0.1")).dev(ifindex).scope(Route.Scope.LINK);
            rtnetlink.routes().add(route);
            await(e -> e instanceof NetlinkEvent.RouteChanged c && c.route().equals(route));
            var mac = MacAddress.parse("02:00:00:00:00:01");
            rtnetlink.neighbours().setPermanent(ifindex, IpAddress.parse("10.1.0.2"), mac);
            await(e -> e instanceof NetlinkEvent.NeighbourChanged c
                    && c.neighbour().mac().equals(mac));

            rtnetlink.routes().delete(route);
            await(e -> e instanceof NetlinkEvent.RouteRemoved c && c.route().equals(route));
            rtnetlink.addresses().delete(address);
            await(e -> e instanceof NetlinkEvent.AddressRemoved c && c.address().equals(address));
            rtnetlink.links().delete(ifindex);
            await(e -> e instanceof NetlinkEvent.LinkRemoved c && c.link().ifindex() == ifindex);
        }
    }

    @Test
    void aListenerThatMissedEventsIsToldToReadAnew() throws Exception {
        var resume = new CountDownLatch(1);
        try (var monitor = NetlinkMonitor.start(namespace, "test", Set.of(Topic.ROUTES), event -> {
            events.add(event);
            await(resume);
        })) {
            assertInstanceOf(NetlinkEvent.Resynchronise.class, events.poll(5, TimeUnit.SECONDS));
            int lo = rtnetlink.links().find("lo").orElseThrow().ifindex();
            rtnetlink.links().setUp(lo);
            for (int i = 0; i < 5000; i++) {
                var route = Route.to(IpAddress.parse("10.2.0.1")).dev(lo).scope(Route.Scope.LINK);
                rtnetlink.routes().add(route);
                rtnetlink.routes().delete(route);
            }
            resume.countDown();
            await(e -> e instanceof NetlinkEvent.Resynchronise);

            // The backlog may still be full, and then this is what else tells of the route.
            var last = Route.to(IpAddress.parse("10.9.0.1")).dev(lo).scope(Route.Scope.LINK);
            rtnetlink.routes().add(last);
            await(e -> e instanceof NetlinkEvent.Resynchronise
                    || e instanceof NetlinkEvent.RouteChanged c && c.route().equals(last));
        }
    }

    @Test
    void aListenerThatThrowsHearsOfTheNextEvent() throws Exception {
        try (var monitor = NetlinkMonitor.start(namespace, "test", Set.of(Topic.LINKS), event -> {
            events.add(event);
            throw new IllegalStateException("on purpose");
        })) {
            rtnetlink.links().create(new LinkSpec.Veth(LinkSpec.Side.named("a0"), LinkSpec.Side.named("b0")));
            await(e ->
                    e instanceof NetlinkEvent.LinkChanged c && c.link().name().equals("b0"));
        }
    }

    @Test
    void closingEndsTheThreadAtOnceAndNothingIsToldAfterwards() {
        var monitor = NetlinkMonitor.start(namespace, "monitor to close", Set.of(Topic.LINKS), events::add);
        assertTimeoutPreemptively(Duration.ofSeconds(5), monitor::close);
        assertTrue(Thread.getAllStackTraces().keySet().stream()
                .noneMatch(t -> t.getName().equals("monitor to close")));
        events.clear();
        rtnetlink.links().create(new LinkSpec.Veth(LinkSpec.Side.named("a0"), LinkSpec.Side.named("b0")));
        assertEquals(0, events.size());
    }

    private void await(Predicate<NetlinkEvent> wanted) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        NetlinkEvent event;
        do {
            event = events.poll(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
            assertTrue(event != null, "the event did not come");
        } while (!wanted.test(event));
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
