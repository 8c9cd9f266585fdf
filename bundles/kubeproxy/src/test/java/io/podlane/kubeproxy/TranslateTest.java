// SPDX-License-Identifier: Apache-2.0
package io.podlane.kubeproxy;

import static io.podlane.linux.testing.Packet.ACK;
import static io.podlane.linux.testing.Packet.FIN;
import static io.podlane.linux.testing.Packet.RST;
import static io.podlane.linux.testing.Packet.SYN;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.podlane.api.cluster.Protocol;
import io.podlane.api.kernel.KernelException;
import io.podlane.linux.testing.KernelTest;
import io.podlane.linux.testing.Packet;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;

final class TranslateTest {
    private static final String CLIENT = "10.1.0.1:40000";
    private static final String VIP = "10.96.0.1:80";
    private static final String BACKEND = "10.1.0.2:8080";
    private static final String OTHER_BACKEND = "10.1.1.3:8080";

    private static final int SHORTEST_IP_FRAME = 34;

    /** One packet of a table. */
    private record Case(String description, String from, Packet packet, String outcome) {}

    private static Translator oneBackend(Path bpffs) {
        return new Translator(bpffs)
                .service(Protocol.TCP, VIP, BACKEND)
                .service(Protocol.UDP, VIP, BACKEND)
                .service(Protocol.TCP, "10.96.0.9:80");
    }

    @KernelTest
    void packetsInAndOut(Path bpffs) throws Exception {
        try (var translator = oneBackend(bpffs)) {
            List<Case> cases = List.of(
                    new Case(
                            "a client's SYN to a frontend goes to the backend",
                            "pod",
                            Packet.tcp(CLIENT, VIP, SYN),
                            "TCP 10.1.0.1:40000 > 10.1.0.2:8080 ttl 64"),
                    new Case(
                            "the reply of a backend on this node comes from the frontend",
                            "pod",
                            Packet.tcp(BACKEND, CLIENT, SYN | ACK),
                            "TCP 10.96.0.1:80 > 10.1.0.1:40000 ttl 64"),
                    new Case(
                            "the reply of a backend on another node comes from the frontend",
                            "uplink",
                            Packet.tcp(BACKEND, CLIENT, ACK),
                            "TCP 10.96.0.1:80 > 10.1.0.1:40000 ttl 64"),
                    new Case(
                            "UDP goes to the backend of the UDP service",
                            "pod",
                            Packet.udp(CLIENT, VIP),
                            "UDP 10.1.0.1:40000 > 10.1.0.2:8080 ttl 64"),
                    new Case(
                            "a UDP reply comes from the frontend",
                            "uplink",
                            Packet.udp(BACKEND, CLIENT),
                            "UDP 10.96.0.1:80 > 10.1.0.1:40000 ttl 64"),
                    new Case(
                            "UDP without a checksum gets none",
                            "pod",
                            Packet.udp(CLIENT, VIP).withoutChecksum(),
                            "UDP 10.1.0.1:40000 > 10.1.0.2:8080 ttl 64, no checksum"),
                    new Case(
                            "a UDP reply without a checksum gets none",
                            "pod",
                            Packet.udp(BACKEND, CLIENT).withoutChecksum(),
                            "UDP 10.96.0.1:80 > 10.1.0.1:40000 ttl 64, no checksum"),
                    new Case(
                            "a wrong TCP checksum stays wrong",
                            "pod",
                            Packet.tcp(CLIENT, VIP, ACK).wrongChecksum(),
                            "TCP 10.1.0.1:40000 > 10.1.0.2:8080 ttl 64, wrong checksum"),
                    new Case(
                            "a wrong UDP checksum stays wrong",
                            "pod",
                            Packet.udp(CLIENT, VIP).wrongChecksum(),
                            "UDP 10.1.0.1:40000 > 10.1.0.2:8080 ttl 64, wrong checksum"),
                    new Case(
                            "a wrong IP checksum stays wrong",
                            "pod",
                            Packet.udp(CLIENT, VIP).wrongIpChecksum(),
                            "UDP 10.1.0.1:40000 > 10.1.0.2:8080 ttl 64, wrong IP checksum"),
                    new Case(
                            "IP options do not hide the ports",
                            "pod",
                            Packet.tcp(CLIENT, VIP, ACK).options(40),
                            "TCP 10.1.0.1:40000 > 10.1.0.2:8080 ttl 64"),
                    new Case(
                            "another port of a frontend's address is left alone",
                            "pod",
                            Packet.tcp(CLIENT, "10.96.0.1:81", SYN),
                            "TCP 10.1.0.1:40000 > 10.96.0.1:81 ttl 64"),
                    new Case(
                            "what is for no service is left alone",
                            "pod",
                            Packet.tcp(CLIENT, "10.1.0.2:9999", SYN),
                            "TCP 10.1.0.1:40000 > 10.1.0.2:9999 ttl 64"),
                    new Case(
                            "an uplink's packet to a frontend is left alone",
                            "uplink",
                            Packet.tcp("192.0.2.1:40000", VIP, SYN),
                            "TCP 192.0.2.1:40000 > 10.96.0.1:80 ttl 64"),
                    new Case(
                            "a service without endpoints takes nothing",
                            "pod",
                            Packet.tcp(CLIENT, "10.96.0.9:80", SYN),
                            "drop no endpoints"),
                    new Case(
                            "a ping passes",
                            "pod",
                            Packet.ping("10.1.0.1", "10.96.0.1"),
                            "protocol 1 10.1.0.1 > 10.96.0.1 ttl 64"),
                    new Case(
                            "a later fragment to a service is dropped",
                            "pod",
                            Packet.udp(CLIENT, VIP).fragment(100, false),
                            "drop fragment"),
                    new Case(
                            "a first fragment to a service is dropped, as the others will be",
                            "pod",
                            Packet.udp(CLIENT, VIP).fragment(0, true),
                            "drop fragment"),
                    new Case(
                            "a first fragment of a new flow to a service is dropped",
                            "pod",
                            Packet.udp("10.1.0.1:40001", VIP).fragment(0, true),
                            "drop fragment"),
                    new Case(
                            "a first fragment of a reply is dropped",
                            "uplink",
                            Packet.udp(BACKEND, CLIENT).fragment(0, true),
                            "drop fragment"),
                    new Case(
                            "fragments to no service pass",
                            "pod",
                            Packet.udp(CLIENT, "10.1.1.9:53").fragment(0, true),
                            "UDP 10.1.0.1:40000 > 10.1.1.9:53 ttl 64"),
                    new Case(
                            "a pod that is its own backend sees another address",
                            "pod",
                            Packet.tcp("10.1.0.2:50000", VIP, SYN),
                            "TCP 169.254.42.1:50000 > 10.1.0.2:8080 ttl 64"),
                    new Case(
                            "and gets its own reply from the frontend",
                            "pod",
                            Packet.tcp(BACKEND, "169.254.42.1:50000", SYN | ACK),
                            "TCP 10.96.0.1:80 > 10.1.0.2:50000 ttl 64"));
            for (Case c : cases) {
                String outcome = c.from.equals("pod") ? translator.fromPod(c.packet) : translator.fromUplink(c.packet);
                assertEquals(c.outcome, outcome, c.description);
            }
        }
    }

    @KernelTest
    void packetsForNoServiceAreNotRemembered(Path bpffs) throws Exception {
        try (var translator = oneBackend(bpffs)) {
            translator.fromPod(Packet.tcp(CLIENT, "10.1.0.2:9999", SYN));
            translator.fromPod(Packet.udp(CLIENT, "10.1.1.9:53"));
            translator.fromUplink(Packet.udp("192.0.2.1:1", VIP));
            translator.fromPod(Packet.tcp(CLIENT, "10.96.0.9:80", SYN));

            assertEquals(0, translator.connectionEntries());
        }
    }

    @KernelTest
    void aPacketCutOffInItsHeadersIsLeftAsItIs(Path bpffs) throws Exception {
        try (var translator = oneBackend(bpffs)) {
            for (Packet packet : List.of(
                    Packet.tcp(CLIENT, VIP, SYN).payload(),
                    Packet.udp(CLIENT, VIP).payload(),
                    Packet.tcp(CLIENT, VIP, SYN).options(24).payload())) {
                byte[] whole = packet.bytes();
                for (int length = 15; length < whole.length; length++) {
                    byte[] cut = Arrays.copyOf(whole, length);
                    try {
                        assertArrayEquals(cut, translator.bytesFromPod(cut), "cut to " + length + " bytes");
                    } catch (KernelException refused) {
                        // Linux 6.18 runs no test with less than an IP header.
                        assertTrue(length < SHORTEST_IP_FRAME, refused.getMessage());
                    }
                }
            }
            assertEquals(0, translator.connectionEntries());
        }
    }

    @KernelTest
    void brokenIpHeadersAreLeftAsTheyAre(Path bpffs) throws Exception {
        try (var translator = oneBackend(bpffs)) {
            for (int firstByte : new int[] {0x40, 0x44, 0x65, 0x4f, 0x00}) {
                byte[] broken = Packet.udp(CLIENT, VIP).payload(1).bytes();
                broken[14] = (byte) firstByte;
                assertArrayEquals(broken, translator.bytesFromPod(broken), "first byte " + firstByte);
            }
        }
    }

    @KernelTest
    void newConnectionsSpreadOverAllBackendsAndEachStaysWithIts(Path bpffs) throws Exception {
        String[] backends = {"10.1.0.2:80", "10.1.0.3:80", "10.1.0.4:80", "10.1.0.5:80"};
        try (var translator = new Translator(bpffs).service(Protocol.TCP, VIP, backends)) {
            var first = new HashMap<Integer, String>();
            var counts = new HashMap<String, Integer>();
            for (int port = 10_000; port < 10_400; port++) {
                String outcome = translator.fromPod(Packet.tcp("10.1.0.1:" + port, VIP, SYN));
                first.put(port, outcome);
                counts.merge(outcome.substring(outcome.indexOf('>')), 1, Integer::sum);
            }
            assertEquals(4, counts.size(), counts.toString());
            // 100 each are expected; fewer than 50 would happen once in many millions of runs.
            assertTrue(counts.values().stream().allMatch(n -> n > 50), counts.toString());
            first.forEach((port, outcome) ->
                    assertEquals(outcome, translator.fromPod(Packet.tcp("10.1.0.1:" + port, VIP, ACK))));
        }
    }

    @KernelTest
    void aTcpConnectionStaysWithABackendThatLeft(Path bpffs) throws Exception {
        try (var translator = new Translator(bpffs).service(Protocol.TCP, VIP, BACKEND)) {
            translator.fromPod(Packet.tcp(CLIENT, VIP, SYN));
            translator.fromPod(Packet.tcp(CLIENT, VIP, ACK));
            translator.service(Protocol.TCP, VIP, OTHER_BACKEND);

            assertEquals("TCP 10.1.0.1:40000 > 10.1.0.2:8080 ttl 64", translator.fromPod(Packet.tcp(CLIENT, VIP, ACK)));
            translator.clear();
            assertEquals("TCP 10.1.0.1:40000 > 10.1.0.2:8080 ttl 64", translator.fromPod(Packet.tcp(CLIENT, VIP, ACK)));
            assertEquals(
                    "TCP 10.96.0.1:80 > 10.1.0.1:40000 ttl 64", translator.fromPod(Packet.tcp(BACKEND, CLIENT, ACK)));
        }
    }

    @KernelTest
    void aConnectionOpenedAnewDoesNotGoToABackendThatLeft(Path bpffs) throws Exception {
        try (var translator = new Translator(bpffs).service(Protocol.TCP, VIP, BACKEND)) {
            translator.fromPod(Packet.tcp(CLIENT, VIP, SYN));
            translator.service(Protocol.TCP, VIP, OTHER_BACKEND);

            assertEquals("TCP 10.1.0.1:40000 > 10.1.1.3:8080 ttl 64", translator.fromPod(Packet.tcp(CLIENT, VIP, SYN)));
            assertEquals(
                    "TCP 10.96.0.1:80 > 10.1.0.1:40000 ttl 64",
                    translator.fromUplink(Packet.tcp(OTHER_BACKEND, CLIENT, SYN | ACK)));
        }
    }

    @KernelTest
    void aUdpFlowLeavesABackendThatLeftAndStaysWithOneThatDidNot(Path bpffs) throws Exception {
        try (var translator = new Translator(bpffs).service(Protocol.UDP, VIP, BACKEND)) {
            translator.fromPod(Packet.udp(CLIENT, VIP));
            String[] many = {BACKEND, "10.1.0.3:80", "10.1.0.4:80", "10.1.0.5:80", "10.1.0.6:80", "10.1.0.7:80"};
            translator.service(Protocol.UDP, VIP, many);
            for (int i = 0; i < 20; i++) {
                assertEquals("UDP 10.1.0.1:40000 > 10.1.0.2:8080 ttl 64", translator.fromPod(Packet.udp(CLIENT, VIP)));
            }
            translator.service(Protocol.UDP, VIP, OTHER_BACKEND);
            assertEquals("UDP 10.1.0.1:40000 > 10.1.1.3:8080 ttl 64", translator.fromPod(Packet.udp(CLIENT, VIP)));
            assertEquals(
                    "UDP 10.96.0.1:80 > 10.1.0.1:40000 ttl 64",
                    translator.fromUplink(Packet.udp(OTHER_BACKEND, CLIENT)));
            translator.service(Protocol.UDP, VIP);
            assertEquals("drop no endpoints", translator.fromPod(Packet.udp(CLIENT, VIP)));
            translator.clear();
            assertEquals("UDP 10.1.0.1:40000 > 10.96.0.1:80 ttl 64", translator.fromPod(Packet.udp(CLIENT, VIP)));
        }
    }

    @KernelTest
    void aClosedConnectionsPortsMayGoToAnotherBackendAtOnce(Path bpffs) throws Exception {
        for (int last : new int[] {FIN | ACK, RST}) {
            String[] many = {"10.1.0.2:80", "10.1.0.3:80", "10.1.0.4:80", "10.1.0.5:80"};
            try (var translator = new Translator(bpffs).service(Protocol.TCP, VIP, many)) {
                var seen = new HashSet<String>();
                for (int i = 0; i < 100; i++) {
                    seen.add(translator.fromPod(Packet.tcp(CLIENT, VIP, SYN)));
                    translator.fromPod(Packet.tcp(CLIENT, VIP, last));
                }
                assertEquals(4, seen.size(), seen.toString());
            }
        }
    }

    @KernelTest
    void aSynSentAgainGoesToTheSameBackend(Path bpffs) throws Exception {
        String[] many = {"10.1.0.2:80", "10.1.0.3:80", "10.1.0.4:80", "10.1.0.5:80"};
        try (var translator = new Translator(bpffs).service(Protocol.TCP, VIP, many)) {
            String first = translator.fromPod(Packet.tcp(CLIENT, VIP, SYN));
            for (int i = 0; i < 50; i++) {
                assertEquals(first, translator.fromPod(Packet.tcp(CLIENT, VIP, SYN)));
            }
        }
    }

    @KernelTest
    void repliesAreTranslatedAsLongAsTheConnectionLives(Path bpffs) throws Exception {
        String translated = "TCP 10.96.0.1:80 > 10.1.0.1:40000 ttl 64";
        String alone = "TCP 10.1.0.2:8080 > 10.1.0.1:40000 ttl 64";
        try (var translator = oneBackend(bpffs)) {
            Packet reply = Packet.tcp(BACKEND, CLIENT, ACK);
            translator.fromPod(Packet.tcp(CLIENT, VIP, SYN));
            translator.age(59);
            assertEquals(translated, translator.fromUplink(reply), "the client has sent SYN");
            translator.age(61);
            assertEquals(alone, translator.fromUplink(reply), "the SYN was never answered");

            translator.fromPod(Packet.tcp(CLIENT, VIP, SYN));
            translator.fromPod(Packet.tcp(CLIENT, VIP, ACK));
            translator.age(7_999);
            assertEquals(translated, translator.fromUplink(reply), "established");
            translator.age(8_001);
            assertEquals(alone, translator.fromUplink(reply), "established, but silent too long");

            translator.fromPod(Packet.tcp(CLIENT, VIP, SYN));
            translator.fromPod(Packet.tcp(CLIENT, VIP, FIN | ACK));
            translator.age(3_599);
            assertEquals(translated, translator.fromUplink(reply), "the client has closed, the backend has not");
            translator.fromUplink(Packet.tcp(BACKEND, CLIENT, FIN | ACK));
            translator.age(9);
            assertEquals(translated, translator.fromUplink(reply), "both have closed just now");
            translator.age(11);
            assertEquals(alone, translator.fromUplink(reply), "both have closed a while ago");

            translator.fromPod(Packet.tcp(CLIENT, VIP, SYN));
            translator.fromPod(Packet.tcp(CLIENT, VIP, ACK));
            translator.fromUplink(Packet.tcp(BACKEND, CLIENT, RST));
            translator.age(11);
            assertEquals(alone, translator.fromUplink(reply), "reset");
        }
    }

    @KernelTest
    void eitherDirectionKeepsAUdpFlowAlive(Path bpffs) throws Exception {
        try (var translator = oneBackend(bpffs)) {
            translator.fromPod(Packet.udp(CLIENT, VIP));
            for (int i = 0; i < 4; i++) {
                translator.age(40);
                translator.fromPod(Packet.udp(CLIENT, VIP));
            }
            assertEquals("UDP 10.96.0.1:80 > 10.1.0.1:40000 ttl 64", translator.fromPod(Packet.udp(BACKEND, CLIENT)));

            String[] many = {BACKEND, "10.1.0.3:80", "10.1.0.4:80", "10.1.0.5:80", "10.1.0.6:80", "10.1.0.7:80"};
            translator.service(Protocol.UDP, VIP, many);
            for (int i = 0; i < 20; i++) {
                translator.age(40);
                translator.fromPod(Packet.udp(BACKEND, CLIENT));
            }
            translator.age(40);
            assertEquals("UDP 10.1.0.1:40000 > 10.1.0.2:8080 ttl 64", translator.fromPod(Packet.udp(CLIENT, VIP)));
            translator.age(61);
            assertEquals("UDP 10.1.0.2:8080 > 10.1.0.1:40000 ttl 64", translator.fromPod(Packet.udp(BACKEND, CLIENT)));
        }
    }

    @KernelTest
    void aForgottenReplyIsRememberedAgain(Path bpffs) throws Exception {
        try (var translator = oneBackend(bpffs)) {
            translator.fromPod(Packet.udp(CLIENT, VIP));
            translator.forgetReplies();
            assertEquals("UDP 10.1.0.2:8080 > 10.1.0.1:40000 ttl 64", translator.fromPod(Packet.udp(BACKEND, CLIENT)));
            translator.age(2);
            translator.fromPod(Packet.udp(CLIENT, VIP));
            assertEquals("UDP 10.96.0.1:80 > 10.1.0.1:40000 ttl 64", translator.fromPod(Packet.udp(BACKEND, CLIENT)));
        }
    }

    @KernelTest
    void aConnectionStraightToABackendIsNotTakenForTheOneThroughAServiceBefore(Path bpffs) throws Exception {
        Packet syn = Packet.tcp(CLIENT, BACKEND, SYN);
        Packet answer = Packet.tcp(BACKEND, CLIENT, SYN | ACK);
        String alone = "TCP 10.1.0.2:8080 > 10.1.0.1:40000 ttl 64";
        try (var translator = oneBackend(bpffs)) {
            translator.fromPod(Packet.tcp(CLIENT, VIP, SYN));
            translator.fromPod(Packet.tcp(CLIENT, VIP, ACK));
            translator.fromPod(syn);
            assertEquals(
                    "TCP 10.96.0.1:80 > 10.1.0.1:40000 ttl 64", translator.fromPod(answer), "the first still lives");
            translator.fromPod(Packet.tcp(CLIENT, VIP, FIN | ACK));
            translator.fromPod(Packet.tcp(BACKEND, CLIENT, FIN | ACK));
            translator.fromPod(syn);
            assertEquals(alone, translator.fromPod(answer), "it is closed");

            translator.fromPod(Packet.tcp(CLIENT, VIP, SYN));
            translator.fromPod(Packet.tcp(CLIENT, VIP, RST));
            translator.fromPod(syn);
            assertEquals(alone, translator.fromUplink(answer), "it is reset");
        }
    }

    @KernelTest
    void twoServicesDoNotShareOneBackendForOneClientPort(Path bpffs) throws Exception {
        try (var translator = oneBackend(bpffs)) {
            translator.service(Protocol.UDP, "10.96.0.2:80", BACKEND);
            translator.fromPod(Packet.udp(CLIENT, VIP));

            assertEquals("drop flow collision", translator.fromPod(Packet.udp(CLIENT, "10.96.0.2:80")));
            assertEquals("UDP 10.96.0.1:80 > 10.1.0.1:40000 ttl 64", translator.fromPod(Packet.udp(BACKEND, CLIENT)));
            translator.age(61);
            assertEquals(
                    "UDP 10.1.0.1:40000 > 10.1.0.2:8080 ttl 64",
                    translator.fromPod(Packet.udp(CLIENT, "10.96.0.2:80")));
            assertEquals("UDP 10.96.0.2:80 > 10.1.0.1:40000 ttl 64", translator.fromPod(Packet.udp(BACKEND, CLIENT)));
        }
    }

    @KernelTest
    void connectionsOutliveARestartOfTheTablesWriter(Path bpffs) throws Exception {
        try (var translator = oneBackend(bpffs)) {
            translator.fromPod(Packet.tcp(CLIENT, VIP, SYN));
        }
        try (var translator = new Translator(bpffs)) {
            assertEquals("TCP 10.1.0.1:40000 > 10.1.0.2:8080 ttl 64", translator.fromPod(Packet.tcp(CLIENT, VIP, ACK)));
            assertEquals(
                    "TCP 10.1.0.1:40009 > 10.1.0.2:8080 ttl 64",
                    translator.fromPod(Packet.tcp("10.1.0.1:40009", VIP, SYN)),
                    "and the services stay until somebody says that they are gone");
        }
    }
}
