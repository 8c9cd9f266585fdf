// SPDX-License-Identifier: Apache-2.0
package io.podlane.linux.netlink;

import java.nio.ByteBuffer;
import java.util.function.Consumer;

/**
 * One message from the kernel.
 *
 * @param type RTM_* or NLMSG_*
 * @param flags NLM_F_*
 * @param sequence of the request that it answers; 0 in a notification
 * @param body what follows the header; valid until the next receive
 */
record Message(int type, int flags, int sequence, ByteBuffer body) {
    /** Hands on each message of a datagram. */
    static void forEach(ByteBuffer datagram, Consumer<Message> consumer) {
        int position = datagram.position();
        while (datagram.limit() - position >= MessageWriter.HEADER) {
            int length = datagram.getInt(position);
            if (length < MessageWriter.HEADER || length > datagram.limit() - position) {
                throw new IllegalStateException("a netlink message says it is " + length + " bytes long, of "
                        + (datagram.limit() - position) + " received");
            }
            ByteBuffer body = datagram.slice(position + MessageWriter.HEADER, length - MessageWriter.HEADER)
                    .order(datagram.order());
            consumer.accept(new Message(
                    Short.toUnsignedInt(datagram.getShort(position + 4)),
                    Short.toUnsignedInt(datagram.getShort(position + 6)),
                    datagram.getInt(position + 8),
                    body));
            position += (length + 3) & ~3;
        }
    }

    /** The attributes after a fixed structure. */
    Attributes attributes(int structure) {
        return new Attributes(body.slice(structure, body.limit() - structure).order(body.order()));
    }
}
