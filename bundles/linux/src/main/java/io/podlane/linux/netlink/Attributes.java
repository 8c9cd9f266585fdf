// SPDX-License-Identifier: Apache-2.0
package io.podlane.linux.netlink;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.OptionalInt;

/** The attributes of a message, found by type. Looking up scans, since messages have few and readers want most. */
final class Attributes {
    private static final int HEADER = 4;
    private static final int TYPE_MASK = 0x3fff;

    private final ByteBuffer buffer;

    Attributes(ByteBuffer buffer) {
        this.buffer = buffer;
    }

    Optional<ByteBuffer> find(int type) {
        int position = 0;
        while (buffer.limit() - position >= HEADER) {
            int length = Short.toUnsignedInt(buffer.getShort(position));
            if (length < HEADER || length > buffer.limit() - position) {
                break;
            }
            if ((buffer.getShort(position + 2) & TYPE_MASK) == type) {
                return Optional.of(
                        buffer.slice(position + HEADER, length - HEADER).order(buffer.order()));
            }
            position += (length + 3) & ~3;
        }
        return Optional.empty();
    }

    Optional<Attributes> nested(int type) {
        return find(type).map(Attributes::new);
    }

    OptionalInt u32(int type) {
        var value = find(type);
        return value.isPresent() && value.get().limit() >= 4
                ? OptionalInt.of(value.get().getInt(0))
                : OptionalInt.empty();
    }

    OptionalInt u16(int type) {
        var value = find(type);
        return value.isPresent() && value.get().limit() >= 2
                ? OptionalInt.of(Short.toUnsignedInt(value.get().getShort(0)))
                : OptionalInt.empty();
    }

    OptionalInt u8(int type) {
        var value = find(type);
        return value.isPresent() && value.get().limit() >= 1
                ? OptionalInt.of(Byte.toUnsignedInt(value.get().get(0)))
                : OptionalInt.empty();
    }

    byte[] bytes(int type) {
        return find(type).map(Attributes::bytes).orElse(new byte[0]);
    }

    Optional<String> string(int type) {
        return find(type).map(value -> {
            byte[] text = bytes(value);
            int end = 0;
            while (end < text.length && text[end] != 0) {
                end++;
            }
            return new String(text, 0, end, StandardCharsets.UTF_8);
        });
    }

    Optional<InetAddress> address(int type) {
        return find(type).map(value -> {
            try {
                return InetAddress.getByAddress(bytes(value));
            } catch (UnknownHostException e) {
                throw new IllegalStateException("attribute " + type + " is no IP address", e);
            }
        });
    }

    private static byte[] bytes(ByteBuffer value) {
        byte[] copy = new byte[value.limit()];
        value.get(0, copy);
        return copy;
    }
}
