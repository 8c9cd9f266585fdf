// SPDX-License-Identifier: Apache-2.0
package io.podlane.linux.netlink;

import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Writes one netlink message: header, the family's fixed structure, attributes (include/uapi/linux/netlink.h). Integers are
 * in the machine's byte order.
 */
final class MessageWriter {
    static final int HEADER = 16;
    private static final int ALIGNMENT = 4;
    private static final int NLA_HEADER = 4;
    private static final int NLA_F_NESTED = 0x8000;

    private ByteBuffer buffer = ByteBuffer.allocate(512).order(ByteOrder.nativeOrder());

    MessageWriter(int type, int flags) {
        buffer.putInt(0).putShort((short) type).putShort((short) (flags | Rtm.NLM_F_REQUEST));
        buffer.putInt(0).putInt(0);
    }

    MessageWriter u8(int value) {
        room(1).put((byte) value);
        return this;
    }

    MessageWriter u16(int value) {
        room(2).putShort((short) value);
        return this;
    }

    MessageWriter u32(int value) {
        room(4).putInt(value);
        return this;
    }

    MessageWriter attribute(int type, byte[] value) {
        begin(type, value.length);
        room(value.length).put(value);
        return pad();
    }

    MessageWriter attribute(int type, InetAddress address) {
        return attribute(type, address.getAddress());
    }

    MessageWriter attribute(int type, String value) {
        byte[] text = value.getBytes(StandardCharsets.UTF_8);
        return attribute(type, Arrays.copyOf(text, text.length + 1));
    }

    MessageWriter attribute16(int type, int value) {
        begin(type, 2);
        return u16(value).pad();
    }

    MessageWriter attribute32(int type, int value) {
        begin(type, 4);
        return u32(value);
    }

    /** An attribute that holds attributes. */
    MessageWriter nest(int type, Runnable content) {
        return enclose(type | NLA_F_NESTED, content);
    }

    /** An attribute that holds a structure and then attributes, which is not what the kernel calls nested. */
    MessageWriter enclose(int type, Runnable content) {
        int start = buffer.position();
        begin(type, 0);
        content.run();
        buffer.putShort(start, (short) (buffer.position() - start));
        return this;
    }

    /** The message, with its length and a sequence number. */
    byte[] finish(int sequence) {
        buffer.putInt(0, buffer.position()).putInt(8, sequence);
        return Arrays.copyOf(buffer.array(), buffer.position());
    }

    /** Adds a flag to those of the header. */
    MessageWriter flag(int flag) {
        buffer.putShort(6, (short) (buffer.getShort(6) | flag));
        return this;
    }

    private void begin(int type, int length) {
        room(NLA_HEADER).putShort((short) (NLA_HEADER + length)).putShort((short) type);
    }

    private MessageWriter pad() {
        while (buffer.position() % ALIGNMENT != 0) {
            u8(0);
        }
        return this;
    }

    private ByteBuffer room(int bytes) {
        if (buffer.remaining() < bytes) {
            int size = Math.max(buffer.capacity() * 2, buffer.position() + bytes);
            buffer = ByteBuffer.allocate(size).order(ByteOrder.nativeOrder()).put(buffer.flip());
        }
        return buffer;
    }
}
