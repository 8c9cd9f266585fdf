// SPDX-License-Identifier: Apache-2.0
package io.podlane.api.bpf;

import org.osgi.annotation.versioning.ProviderType;

/** A loaded BPF object: its programs and its maps. Closing it closes every handle got from it; what is pinned stays. */
@ProviderType
public interface BpfObject extends AutoCloseable {
    /**
     * A program of this object.
     *
     * @throws IllegalArgumentException if it has none of that name
     */
    Program program(String name);

    /**
     * A map of this object, seen through codecs for its keys and values.
     *
     * @throws IllegalArgumentException if it has none of that name, or key or value sizes differ from the codecs'
     */
    <K, V> BpfMap<K, V> map(String name, Codec<K> key, Codec<V> value);

    /**
     * The memory of an array map made with {@code BPF_F_MMAPABLE}.
     *
     * @throws IllegalArgumentException if it has none of that name, or it cannot be mapped
     */
    MappedArray mappedArray(String name);

    /**
     * A ring buffer of this object.
     *
     * @throws IllegalArgumentException if it has none of that name, or that map is no ring buffer
     */
    RingBuffer ringBuffer(String name);

    @Override
    void close();
}
