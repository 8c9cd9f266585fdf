// SPDX-License-Identifier: Apache-2.0
package io.podlane.linux.netlink;

import io.podlane.api.kernel.Errno;
import io.podlane.api.kernel.KernelException;
import io.podlane.linux.ffi.Libc;
import io.podlane.linux.ffi.Native;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * A NETLINK_ROUTE socket of the network namespace in which the opening thread was. It stays there. For one thread at a
 * time.
 */
final class NetlinkSocket implements AutoCloseable {
    private static final int SOCK_RAW = 3;
    private static final int SOCK_CLOEXEC = 0x80000;
    private static final int NETLINK_ROUTE = 0;
    private static final int SOL_SOCKET = 1;
    private static final int SO_RCVBUFFORCE = 33;
    private static final int SO_NETNS_COOKIE = 71;
    private static final int SOL_NETLINK = 270;
    private static final int NETLINK_CAP_ACK = 10;
    private static final int NETLINK_EXT_ACK = 11;
    private static final int NETLINK_GET_STRICT_CHK = 12;
    private static final int SOCKADDR_NL = 12;
    private static final int MSG_TRUNC = 0x20;
    private static final int MSG_DONTWAIT = 0x40;
    private static final int ENOBUFS = 105;
    private static final int EINTR = 4;
    /** A dump fills at most 32 KiB at a time (netlink_dump() in net/netlink/af_netlink.c). */
    private static final int RECEIVE_BYTES = 32 * 1024;

    private static final int SEND_BYTES = 4 * 1024;

    private static final int DUMP_ATTEMPTS = 20;

    private final ByteBuffer received = Native.allocate(RECEIVE_BYTES);
    private final ByteBuffer sent = Native.allocate(SEND_BYTES);
    private int fd;
    private int sequence;

    private NetlinkSocket(int fd) {
        this.fd = fd;
    }

    /**
     * Opens a socket.
     *
     * @param groups a mask of the multicast groups whose notifications to receive; 0 for none
     */
    static NetlinkSocket open(int groups) {
        int fd = Libc.socket(Rtm.AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
        if (fd < 0) {
            throw failure("open a netlink socket", "NETLINK_ROUTE");
        }
        var socket = new NetlinkSocket(fd);
        try {
            socket.set(SOL_NETLINK, NETLINK_CAP_ACK, 1);
            socket.set(SOL_NETLINK, NETLINK_EXT_ACK, 1);
            if (groups == 0) {
                socket.set(SOL_NETLINK, NETLINK_GET_STRICT_CHK, 1);
            } else {
                socket.set(SOL_SOCKET, SO_RCVBUFFORCE, 1024 * 1024);
            }
            socket.bind(groups);
            return socket;
        } catch (RuntimeException e) {
            socket.close();
            throw e;
        }
    }

    private void set(int level, int option, int value) {
        if (Libc.setSocketOption(fd, level, option, value) < 0) {
            throw failure("set socket option " + option, "netlink socket");
        }
    }

    private void bind(int groups) {
        ByteBuffer address =
                Native.allocate(SOCKADDR_NL).putShort(0, (short) Rtm.AF_NETLINK).putInt(8, groups);
        if (Libc.bind(fd, address) < 0) {
            throw failure("bind", "netlink socket");
        }
    }

    /** The cookie of the network namespace it is in: never given to another one while the machine runs. */
    long netnsCookie() {
        ByteBuffer value = Native.allocate(Long.BYTES);
        if (Libc.getSocketOption(fd, SOL_SOCKET, SO_NETNS_COOKIE, value) < 0) {
            throw failure("read the network namespace's cookie", "netlink socket");
        }
        return value.getLong(0);
    }

    /** Sends a request and waits until the kernel has carried it out. */
    void execute(MessageWriter request, String operation, String subject) {
        int expected = send(request.flag(Rtm.NLM_F_ACK), operation, subject);
        var answer = new Answer<Void>(expected, message -> null, operation, subject);
        while (!answer.complete) {
            receive(operation, subject, answer);
        }
    }

    /** Sends a request that is answered by one message. */
    <T> T get(MessageWriter request, Function<Message, T> reader, String operation, String subject) {
        int expected = send(request, operation, subject);
        var answer = new Answer<>(expected, reader, operation, subject);
        while (!answer.complete && answer.results.isEmpty()) {
            receive(operation, subject, answer);
        }
        if (answer.results.isEmpty()) {
            throw new KernelException(operation, subject, Errno.ENOENT, "the kernel answered with nothing");
        }
        return answer.results.get(0);
    }

    /**
     * Sends a request that is answered by a list. Asks again when the list changed while the kernel was writing it.
     *
     * @param reader makes an element of a message; null skips it
     */
    <T> List<T> dump(MessageWriter request, Function<Message, T> reader, String operation, String subject) {
        request.flag(Rtm.NLM_F_DUMP);
        for (int attempt = 0; attempt < DUMP_ATTEMPTS; attempt++) {
            int expected = send(request, operation, subject);
            var answer = new Answer<>(expected, reader, operation, subject);
            while (!answer.complete) {
                receive(operation, subject, answer);
            }
            if (!answer.interrupted) {
                return answer.results;
            }
        }
        throw new KernelException(
                operation, subject, new Errno(EINTR), "it changed each of " + DUMP_ATTEMPTS + " times it was read");
    }

    /** Sends a message and waits for no answer. */
    int send(MessageWriter request, String operation, String subject) {
        byte[] bytes = request.finish(++sequence);
        sent.clear().put(bytes);
        long result;
        do {
            result = Libc.send(fd, sent, bytes.length);
        } while (result < 0 && Native.errno() == EINTR);
        if (result < 0) {
            throw failure(operation, subject);
        }
        return sequence;
    }

    /** Waits for a datagram and hands on its messages. */
    void receive(String operation, String subject, Consumer<Message> consumer) {
        long length;
        do {
            length = Libc.receive(fd, received, MSG_TRUNC);
        } while (length < 0 && Native.errno() == EINTR);
        if (length < 0) {
            throw failure(operation, subject);
        }
        if (length > received.capacity()) {
            throw new KernelException(
                    operation, subject, Errno.E2BIG, "an answer of " + length + " bytes was cut short");
        }
        Message.forEach(received.clear().limit((int) length), consumer);
    }

    /** Throws away all that has arrived. */
    void drain() {
        long length;
        do {
            length = Libc.receive(fd, received, MSG_DONTWAIT);
        } while (length >= 0 || Native.errno() == EINTR || Native.errno() == ENOBUFS);
    }

    @Override
    public void close() {
        if (fd >= 0) {
            Libc.close(fd);
            fd = -1;
        }
    }

    private static KernelException failure(String operation, String subject) {
        return new KernelException(operation, subject, new Errno(Native.errno()));
    }

    /** Collects the messages that answer one request. Keeps the first error until the answer is read to its end. */
    private static final class Answer<T> implements Consumer<Message> {
        private final int expected;
        private final Function<Message, T> reader;
        private final String operation;
        private final String subject;
        private final List<T> results = new ArrayList<>();
        private boolean interrupted;
        private boolean complete;

        Answer(int expected, Function<Message, T> reader, String operation, String subject) {
            this.expected = expected;
            this.reader = reader;
            this.operation = operation;
            this.subject = subject;
        }

        @Override
        public void accept(Message message) {
            if (message.sequence() != expected) {
                return; // What is left of an answer whose reading failed.
            }
            interrupted |= (message.flags() & Rtm.NLM_F_DUMP_INTR) != 0;
            switch (message.type()) {
                case Rtm.NLMSG_NOOP -> {}
                case Rtm.NLMSG_ERROR, Rtm.NLMSG_DONE -> {
                    complete = true;
                    failure(message).ifPresent(e -> {
                        throw e;
                    });
                }
                default -> {
                    T result = reader.apply(message);
                    if (result != null) {
                        results.add(result);
                    }
                }
            }
        }

        /** Both kinds of last message begin with the negative error number; an error goes on with the request's header. */
        private Optional<KernelException> failure(Message message) {
            int error = message.body().limit() >= 4 ? message.body().getInt(0) : 0;
            if (error >= 0) {
                return Optional.empty();
            }
            String text = "";
            if ((message.flags() & Rtm.NLM_F_ACK_TLVS) != 0) {
                int structure = message.type() == Rtm.NLMSG_ERROR ? 4 + MessageWriter.HEADER : 4;
                text = message.attributes(structure)
                        .string(Rtm.NLMSGERR_ATTR_MSG)
                        .orElse("");
            }
            return Optional.of(new KernelException(operation, subject, new Errno(-error), text));
        }
    }
}
