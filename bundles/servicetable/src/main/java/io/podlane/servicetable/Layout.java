// SPDX-License-Identifier: Apache-2.0
package io.podlane.servicetable;

import io.podlane.api.bpf.Codec;
import io.podlane.api.bpf.MappedArray;
import io.podlane.api.cluster.Protocol;
import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** How bpf/include/podlane/services.h and address.h lay things out; a test compares the two. */
final class Layout {
    static final int ADDRESS_BYTES = 16;
    static final int SERVICE_BYTES = 32;
    static final int SERVICE_WORD = 24;
    static final int BACKEND_BYTES = 24;
    static final int BACKEND_PORT = 16;
    static final int BACKEND_FLAGS = 19;
    static final int BACKEND_SERVICE = 20;
    /** The word that holds a backend's port, protocol, flags and service. */
    static final int BACKEND_WORD = BACKEND_PORT;

    static final int FRONTEND_BYTES = 8;
    static final byte SCOPE_INTERNAL = 0;
    static final byte BACKEND_SERVING = 1;
    /** How many slots a service's word can name. */
    static final int MAX_COUNT = 0xffff;

    private static final int GENERATIONS = 0xfff;

    /** {@link #BACKEND_SERVING} in a backend's word, whose bytes are in memory order. */
    private static final long SERVING_BIT = buffer(Long.BYTES)
            .put(BACKEND_FLAGS - BACKEND_WORD, BACKEND_SERVING)
            .getLong(0);

    private Layout() {}

    /** {@code struct svc_frontend4}. */
    static final Codec<Frontend> FRONTEND = new Codec<>() {
        @Override
        public int size() {
            return FRONTEND_BYTES;
        }

        @Override
        public void write(Frontend frontend, ByteBuffer to) {
            to.put(frontend.address().getAddress());
            writeKey(to, frontend.port(), frontend.protocol(), SCOPE_INTERNAL);
        }

        @Override
        public Frontend read(ByteBuffer from) {
            return new Frontend(Codec.IPV4.read(from), readPort(from), readProtocol(from));
        }
    };

    /** {@code struct svc_service} up to its word. */
    static ByteBuffer service(Frontend frontend) {
        ByteBuffer record = buffer(SERVICE_WORD);
        Codec.ADDRESS.write(frontend.address(), record);
        writeKey(record, frontend.port(), frontend.protocol(), SCOPE_INTERNAL);
        return record.putInt(0).flip();
    }

    /** {@code struct svc_backend}. */
    static ByteBuffer backend(Backend backend, Protocol protocol, int service) {
        ByteBuffer record = buffer(BACKEND_BYTES);
        Codec.ADDRESS.write(backend.address(), record);
        writeKey(record, backend.port(), protocol, BACKEND_SERVING);
        return record.putInt(service).flip();
    }

    /** The record of a service: is it this frontend's? */
    static boolean isServiceOf(MappedArray services, int id, Frontend frontend) {
        ByteBuffer found = buffer(SERVICE_BYTES);
        services.read(id, found);
        return found.flip().limit(SERVICE_WORD).equals(service(frontend));
    }

    /** What a backend's record says. */
    record StoredBackend(Backend backend, boolean serving, int service) {}

    static StoredBackend readBackend(MappedArray backends, int id) {
        ByteBuffer record = buffer(BACKEND_BYTES);
        backends.read(id, record);
        record.flip().position(ADDRESS_BYTES - 4);
        var backend = new Backend(Codec.IPV4.read(record), readPort(record));
        boolean serving = (record.get(BACKEND_FLAGS) & BACKEND_SERVING) != 0;
        return new StoredBackend(backend, serving, record.getInt(BACKEND_SERVICE));
    }

    static boolean serving(long backendWord) {
        return (backendWord & SERVING_BIT) != 0;
    }

    /** The same backend's word when it serves no more. */
    static long notServing(long backendWord) {
        return backendWord & ~SERVING_BIT;
    }

    /** A service's word: first slot, how many, algorithm 0 (random), and the generation after that of the old word. */
    static long word(int first, int count, long old) {
        long generation = (old >>> 52) + 1 & GENERATIONS;
        return generation << 52 | (long) count << 32 | first & 0xffffffffL;
    }

    static int first(long word) {
        return (int) word;
    }

    static int count(long word) {
        return (int) (word >>> 32) & MAX_COUNT;
    }

    /** An address as one number, for comparing. */
    static int bits(Inet4Address address) {
        return ByteBuffer.wrap(address.getAddress()).getInt();
    }

    private static void writeKey(ByteBuffer to, int port, Protocol protocol, byte last) {
        to.put((byte) (port >> 8))
                .put((byte) port)
                .put((byte) protocol.number())
                .put(last);
    }

    private static int readPort(ByteBuffer from) {
        return Byte.toUnsignedInt(from.get()) << 8 | Byte.toUnsignedInt(from.get());
    }

    private static Protocol readProtocol(ByteBuffer from) {
        int number = Byte.toUnsignedInt(from.get());
        from.get();
        for (Protocol protocol : Protocol.values()) {
            if (protocol.number() == number) {
                return protocol;
            }
        }
        throw new IllegalStateException("protocol " + number + " in map svc_frontends4_v1 is none that we write");
    }

    static ByteBuffer buffer(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.nativeOrder());
    }
}
