// SPDX-License-Identifier: Apache-2.0
package io.podlane.linux.netlink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.podlane.api.cluster.Cidr;
import io.podlane.api.cluster.IpAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The bytes, as include/uapi/linux has them, on a little-endian machine. */
class MessageTest {
    @BeforeEach
    void littleEndian() {
        assumeTrue(ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN, "the expected bytes are little-endian");
    }

    @Test
    void vethPairIsOneRequestThatNamesBothSides() {
        var spec = new LinkSpec.Veth(LinkSpec.Side.named("a0").mtu(1500).switchedOn(), LinkSpec.Side.named("eth0"));
        assertBytes(
                Links.creation(spec),
                "64000000 1000 0106 07000000 00000000", // nlmsghdr: length, RTM_NEWLINK, REQUEST|EXCL|CREATE, sequence
                "00 00 0000 00000000 01000000 01000000", // ifinfomsg: IFF_UP, and the mask of what changes
                "0700 0300 613000 00", // IFLA_IFNAME
                "0800 0400 dc050000", // IFLA_MTU
                "3400 1280", // IFLA_LINKINFO, nested
                "0900 0100 7665746800 000000", // IFLA_INFO_KIND
                "2400 0280", // IFLA_INFO_DATA, nested
                "2000 0100", // VETH_INFO_PEER
                "00 00 0000 00000000 00000000 00000000", // its ifinfomsg
                "0900 0300 6574683000 000000"); // its IFLA_IFNAME
    }

    @Test
    void netkitPairCarriesPoliciesScrubAndRoom() {
        var spec = new LinkSpec.NetkitPair(
                LinkSpec.Side.named("a0"),
                LinkSpec.Side.named("b0"),
                Netkit.Mode.L3,
                Netkit.Policy.FORWARD,
                Netkit.Policy.BLACKHOLE,
                Netkit.Scrub.NONE,
                Netkit.Scrub.NONE,
                128,
                64);
        assertBytes(
                Links.creation(spec),
                "90000000 1000 0106 07000000 00000000",
                "00 00 0000 00000000 00000000 00000000",
                "0700 0300 613000 00",
                "6800 1280",
                "0b00 0100 6e65746b697400 00",
                "5800 0280",
                "0800 0500 01000000", // IFLA_NETKIT_MODE: L3
                "0800 0300 00000000", // IFLA_NETKIT_POLICY: forward
                "0800 0400 02000000", // IFLA_NETKIT_PEER_POLICY: blackhole
                "0800 0600 00000000", // IFLA_NETKIT_SCRUB: none
                "0800 0700 00000000", // IFLA_NETKIT_PEER_SCRUB: none
                "0600 0800 8000 0000", // IFLA_NETKIT_HEADROOM
                "0600 0900 4000 0000", // IFLA_NETKIT_TAILROOM
                "1c00 0100", // IFLA_NETKIT_PEER_INFO
                "00 00 0000 00000000 00000000 00000000",
                "0700 0300 623000 00");
    }

    @Test
    void netkitPairAsksAnOldKernelForNothingNew() {
        var spec = new LinkSpec.NetkitPair(
                LinkSpec.Side.named("a0"),
                LinkSpec.Side.named("b0"),
                Netkit.Mode.L2,
                Netkit.Policy.FORWARD,
                Netkit.Policy.FORWARD);
        assertBytes(
                Links.creation(spec),
                "70000000 1000 0106 07000000 00000000",
                "00 00 0000 00000000 00000000 00000000",
                "0700 0300 613000 00",
                "4800 1280",
                "0b00 0100 6e65746b697400 00",
                "3800 0280",
                "0800 0500 00000000",
                "0800 0300 00000000",
                "0800 0400 00000000",
                "1c00 0100",
                "00 00 0000 00000000 00000000 00000000",
                "0700 0300 623000 00");
    }

    @Test
    void netkitDeviceWithoutAPeerNamesNoPeerAttribute() {
        var spec = new LinkSpec.NetkitSingle(LinkSpec.Side.named("a0"), Netkit.Mode.L2, 0, 0);
        assertBytes(
                Links.creation(spec),
                "4c000000 1000 0106 07000000 00000000",
                "00 00 0000 00000000 00000000 00000000",
                "0700 0300 613000 00",
                "2400 1280",
                "0b00 0100 6e65746b697400 00",
                "1400 0280",
                "0800 0500 00000000",
                "0800 0a00 01000000"); // IFLA_NETKIT_PAIRING: single
    }

    @Test
    void ipvlanNamesItsLowerDevice() {
        var spec = new LinkSpec.Ipvlan(LinkSpec.Side.named("a0"), 5, LinkSpec.Ipvlan.Mode.L3S);
        assertBytes(
                Links.creation(spec),
                "4c000000 1000 0106 07000000 00000000",
                "00 00 0000 00000000 00000000 00000000",
                "0700 0300 613000 00",
                "0800 0500 05000000", // IFLA_LINK
                "1c00 1280",
                "0b00 0100 6970766c616e00 00",
                "0c00 0280",
                "0600 0100 0200 0000"); // IFLA_IPVLAN_MODE
    }

    @Test
    void routeHasItsTableInAnAttribute() {
        var route = Route.to(Cidr.parse("10.2.0.0/16"))
                .via(IpAddress.parse("10.1.0.9"))
                .dev(3)
                .table(1000)
                .reachableOnLink();
        assertBytes(
                Routes.message(Rtm.NEWROUTE, Rtm.NLM_F_CREATE | Rtm.NLM_F_REPLACE, route),
                "3c000000 1800 0105 07000000 00000000",
                "02 10 00 00 00 70 00 01 04000000", // rtmsg: family, prefix, table 0, protocol, scope, type, ONLINK
                "0800 0f00 e8030000", // RTA_TABLE
                "0800 0100 0a020000", // RTA_DST
                "0800 0500 0a010009", // RTA_GATEWAY
                "0800 0400 03000000"); // RTA_OIF
    }

    @Test
    void ipv6AddressIsUsableAtOnce() {
        assertBytes(
                Addresses.message(Rtm.NEWADDR, 0, Address.single(4, IpAddress.parse("fd00::1"))),
                "48000000 1400 0100 07000000 00000000",
                "0a 80 00 00 04000000",
                "1400 0200 fd000000000000000000000000000001",
                "1400 0100 fd000000000000000000000000000001",
                "0800 0800 02000000"); // IFA_FLAGS: IFA_F_NODAD
    }

    @Test
    void permanentNeighbourHasItsHardwareAddress() {
        var neighbour = new Neighbour(4, IpAddress.parse("169.254.1.1"), MacAddress.parse("02:00:00:00:00:01"), true);
        assertBytes(
                Neighbours.message(Rtm.NEWNEIGH, 0, neighbour),
                "30000000 1c00 0100 07000000 00000000",
                "02 00 0000 04000000 8000 00 01",
                "0800 0100 a9fe0101",
                "0a00 0200 020000000001 0000");
    }

    @Test
    void whatIsWrittenIsReadBack() {
        var route = Route.to(Cidr.parse("fd00:2::/64"))
                .via(IpAddress.parse("fd00::9"))
                .dev(3)
                .metric(7)
                .scope(Route.Scope.LINK);
        assertEquals(
                List.of(route),
                read(Routes.message(Rtm.NEWROUTE, 0, route)).stream()
                        .map(Route::read)
                        .toList());
        var all = Route.toAll(IpAddress.parse("1.2.3.4")).dev(9);
        assertEquals(
                List.of(all),
                read(Routes.message(Rtm.NEWROUTE, 0, all)).stream()
                        .map(Route::read)
                        .toList());
    }

    @Test
    void severalMessagesOfADatagramAreRead() {
        byte[] one = new MessageWriter(Rtm.NEWLINK, 0).attribute(1, "odd").finish(1);
        byte[] two = new MessageWriter(Rtm.DELLINK, 0).finish(2);
        var both =
                ByteBuffer.allocate(one.length + two.length).put(one).put(two).flip();
        var types = new ArrayList<Integer>();
        Message.forEach(both.order(ByteOrder.nativeOrder()), message -> types.add(message.type()));
        assertEquals(List.of(Rtm.NEWLINK, Rtm.DELLINK), types);
    }

    @Test
    void attributeThatSaysItIsLongerThanTheMessageIsNotRead() {
        byte[] bytes = new MessageWriter(Rtm.NEWLINK, 0).attribute32(7, 1).finish(1);
        bytes[MessageWriter.HEADER] = 100;
        Message message = read(bytes).get(0);
        assertEquals(Optional.empty(), message.attributes(0).find(7));
    }

    @Test
    void deviceNamesOfMoreThanFifteenBytesAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> LinkSpec.Side.named("sixteen-bytes-xx"));
        assertThrows(IllegalArgumentException.class, () -> LinkSpec.Side.named(""));
    }

    @Test
    void hardwareAddressesBelongToL2() {
        var mac = LinkSpec.Side.named("a0").mac(MacAddress.parse("02:00:00:00:00:01"));
        assertThrows(
                IllegalArgumentException.class,
                () -> new LinkSpec.NetkitPair(
                        mac, LinkSpec.Side.named("b0"), Netkit.Mode.L3, Netkit.Policy.FORWARD, Netkit.Policy.FORWARD));
    }

    private static List<Message> read(MessageWriter writer) {
        return read(writer.finish(7));
    }

    private static List<Message> read(byte[] datagram) {
        var messages = new ArrayList<Message>();
        Message.forEach(ByteBuffer.wrap(datagram).order(ByteOrder.nativeOrder()), messages::add);
        return messages;
    }

    private static void assertBytes(MessageWriter actual, String... expected) {
        String hex = String.join("", expected).replace(" ", "");
        assertEquals(hex, HexFormat.of().formatHex(actual.finish(7)));
    }
}
