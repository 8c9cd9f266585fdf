// SPDX-License-Identifier: Apache-2.0
package io.podlane.shell;

import java.io.BufferedOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;

/**
 * What goes over the socket, both ways: a type byte, the payload's length (32 bits, big-endian), the payload. The other end
 * is {@code runtime/client/podlane.c}.
 */
final class Frames {
    enum Type {
        /** From the client: the folder that file names are relative to. */
        FOLDER('D'),
        /** From the client: a command line to run. */
        COMMAND('C'),
        /** Standard output. */
        OUTPUT('O'),
        /** Standard error. */
        ERROR('E'),
        /** The end of a command: its exit status in one byte. */
        STATUS('X');

        private final byte code;

        Type(char code) {
            this.code = (byte) code;
        }
    }

    /** What a client sent. */
    record Request(Type type, String text) {}

    private static final int HEADER_BYTES = 5;
    private static final int MAX_REQUEST_BYTES = 1 << 20;
    private static final int BUFFER_BYTES = 8192;

    private final SocketChannel channel;

    Frames(SocketChannel channel) {
        this.channel = channel;
    }

    /** Waits for what the client sends next; {@link EOFException} when it has gone. */
    Request read() throws IOException {
        ByteBuffer header = read(HEADER_BYTES);
        byte code = header.get();
        int length = header.getInt();
        if (length < 0 || length > MAX_REQUEST_BYTES) {
            throw new IOException("a request of " + length + " bytes");
        }
        for (Type type : new Type[] {Type.COMMAND, Type.FOLDER}) {
            if (type.code == code) {
                return new Request(
                        type, StandardCharsets.UTF_8.decode(read(length)).toString());
            }
        }
        throw new IOException("a request of type " + code);
    }

    private ByteBuffer read(int bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(bytes);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer) < 0) {
                throw new EOFException();
            }
        }
        return buffer.flip();
    }

    /** A stream whose bytes arrive as frames of one type, when its buffer is full and when it is flushed. */
    OutputStream stream(Type type) {
        return new BufferedOutputStream(
                new OutputStream() {
                    @Override
                    public void write(int b) throws IOException {
                        write(new byte[] {(byte) b}, 0, 1);
                    }

                    @Override
                    public void write(byte[] bytes, int offset, int length) throws IOException {
                        send(type, ByteBuffer.wrap(bytes, offset, length));
                    }
                },
                BUFFER_BYTES);
    }

    /** Ends a command. */
    void writeStatus(int status) throws IOException {
        send(Type.STATUS, ByteBuffer.wrap(new byte[] {(byte) status}));
    }

    private synchronized void send(Type type, ByteBuffer payload) throws IOException {
        ByteBuffer frame = ByteBuffer.allocate(HEADER_BYTES + payload.remaining())
                .put(type.code)
                .putInt(payload.remaining())
                .put(payload)
                .flip();
        while (frame.hasRemaining()) {
            channel.write(frame);
        }
    }
}
