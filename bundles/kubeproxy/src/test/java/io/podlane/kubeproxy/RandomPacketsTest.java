// SPDX-License-Identifier: Apache-2.0
package io.podlane.kubeproxy;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.podlane.api.cluster.Protocol;
import io.podlane.api.kernel.KernelException;
import io.podlane.linux.testing.KernelTest;
import io.podlane.linux.testing.Packet;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;

/** Whatever comes in, the programs change nothing but addresses and ports, and make no right checksum wrong. */
final class RandomPacketsTest {
    private static final long SEED = 20_240;
    private static final int PACKETS = 20_000;
    private static final int IP = 14;
    private static final int SHORTEST_IP_FRAME = 34;
    private static final int TCP = 6;
    private static final int UDP = 17;
    private static final String[] PROGRAMS = {"podlane_kubeproxy_from_pod", "podlane_kubeproxy_from_uplink"};
    // Few, so that packets meet connections that others have begun.
    private static final String[] ENDPOINTS = {
        "10.1.0.1:40000", "10.1.0.1:40001", "10.1.0.2:8080", "10.1.0.3:8080", "10.96.0.1:80", "10.96.0.9:80"
    };

    private final Random random = new Random(SEED);

    @KernelTest
    void nothingBecomesWrongThatWasRight(Path bpffs) throws Exception {
        try (var translator = new Translator(bpffs)
                .service(Protocol.TCP, "10.96.0.1:80", "10.1.0.2:8080", "10.1.0.3:8080", "10.1.0.1:40001")
                .service(Protocol.UDP, "10.96.0.1:80", "10.1.0.2:8080", "10.1.0.1:40001")
                .service(Protocol.TCP, "10.96.0.9:80")) {
            int translated = 0;
            int dropped = 0;
            for (int n = 0; n < PACKETS; n++) {
                byte[] in = next();
                String program = PROGRAMS[random.nextInt(PROGRAMS.length)];
                String what = "seed " + SEED + ", packet " + n + ", " + program + ": "
                        + HexFormat.of().formatHex(in);
                try {
                    var run = translator.test(program, in);
                    switch (run.verdict()) {
                        case Translator.DROP -> {
                            assertArrayEquals(in, run.packet(), what);
                            dropped++;
                        }
                        case Translator.NEXT -> {
                            assertRight(in, run.packet(), what);
                            translated += Arrays.equals(in, run.packet()) ? 0 : 1;
                        }
                        default -> throw new AssertionError("verdict " + run.verdict() + ", " + what);
                    }
                } catch (KernelException refused) {
                    // Linux 6.18 runs no test with less than an IP header.
                    assertTrue(in.length < SHORTEST_IP_FRAME, refused.getMessage() + ", " + what);
                }
            }
            assertTrue(translated > PACKETS / 20, "only " + translated + " packets were translated");
            assertTrue(dropped > PACKETS / 100, "only " + dropped + " packets were dropped");
        }
    }

    private byte[] next() {
        int kind = random.nextInt(20);
        if (kind == 0) {
            byte[] noise = new byte[14 + random.nextInt(100)];
            random.nextBytes(noise);
            return noise;
        }
        byte[] frame = packet().bytes();
        if (kind == 1) {
            return Arrays.copyOf(frame, 14 + random.nextInt(frame.length));
        }
        if (kind < 10) {
            for (int flips = 1 + random.nextInt(4); flips > 0; flips--) {
                frame[random.nextInt(frame.length)] ^= (byte) (1 << random.nextInt(8));
            }
        }
        return frame;
    }

    private Packet packet() {
        String from = ENDPOINTS[random.nextInt(ENDPOINTS.length)];
        String to = ENDPOINTS[random.nextInt(ENDPOINTS.length)];
        int flags = random.nextInt(32);
        var packet = random.nextBoolean() ? Packet.tcp(from, to, flags) : Packet.udp(from, to);
        packet.ttl(random.nextInt(256)).payload(random.ints(random.nextInt(40)).toArray());
        switch (random.nextInt(12)) {
            case 0 -> packet.options(4 * (1 + random.nextInt(10)));
            case 1 -> packet.fragment(random.nextInt(3), random.nextBoolean());
            case 2 -> packet.withoutChecksum();
            case 3 -> packet.wrongChecksum();
            case 4 -> packet.wrongIpChecksum();
            default -> {}
        }
        return packet;
    }

    private static void assertRight(byte[] before, byte[] after, String what) {
        if (Arrays.equals(before, after)) {
            return;
        }
        // It was changed, so it had an IPv4 header and one of TCP or UDP.
        int transport = IP + (before[IP] & 15) * 4;
        int checksum = transport + (before[IP + 9] == TCP ? 16 : 6);
        byte[] changed = before.clone();
        System.arraycopy(after, IP + 10, changed, IP + 10, 10); // checksum and addresses
        System.arraycopy(after, transport, changed, transport, 4); // ports
        System.arraycopy(after, checksum, changed, checksum, 2);
        assertArrayEquals(changed, after, "more was changed than addresses, ports and checksums: " + what);
        assertEquals(ipSum(before, transport), ipSum(after, transport), "IP checksum: " + what);
        if (before[IP + 9] == UDP && isZero(before, checksum)) {
            assertTrue(isZero(after, checksum), "UDP without a checksum got one: " + what);
        } else {
            assertEquals(transportSum(before, transport), transportSum(after, transport), "checksum: " + what);
            assertTrue(before[IP + 9] == TCP || !isZero(after, checksum), "the UDP checksum was lost: " + what);
        }
    }

    private static boolean isZero(byte[] frame, int at) {
        return frame[at] == 0 && frame[at + 1] == 0;
    }

    /** 0 if the checksum is right; a translation keeps it, whatever it is. */
    private static int ipSum(byte[] frame, int transport) {
        return (int) (words(frame, IP, transport) % 0xffff);
    }

    /** As {@link #ipSum}; a fragment's is never right, but is kept, too. */
    private static int transportSum(byte[] frame, int transport) {
        long pseudoHeader = words(frame, IP + 12, IP + 20) + frame[IP + 9] + frame.length - transport;
        return (int) ((pseudoHeader + words(frame, transport, frame.length)) % 0xffff);
    }

    /** The sum of 16-bit words (RFC 1071); one's complement sums are equal if they are modulo 65,535. */
    private static long words(byte[] frame, int from, int to) {
        long sum = 0;
        for (int i = from; i < to; i++) {
            sum += (long) Byte.toUnsignedInt(frame[i]) << ((i - from) % 2 == 0 ? 8 : 0);
        }
        return sum;
    }
}
