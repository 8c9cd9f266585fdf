// SPDX-License-Identifier: Apache-2.0
package io.podlane.api.bpf;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import org.osgi.annotation.versioning.ProviderType;

/**
 * A map in the kernel. Thread-safe; every method is at least one system call, so prefer the batch methods.
 *
 * <p>An update of an element that exists is not atomic to a concurrent reader in the kernel, whatever the map's type.
 * Publish through one aligned word of a {@link MappedArray} where readers must not see half a change.
 */
@ProviderType
public interface BpfMap<K, V> {
    /** Its name in the C source. */
    String name();

    /** The kernel's id of it. */
    int id();

    /** How many elements it can hold. */
    int maxEntries();

    /** The value of a key, if there. */
    Optional<V> get(K key);

    /**
     * The values of a key of a per-CPU map, one for each possible CPU.
     *
     * @return empty if the key is not there
     */
    List<V> getPerCpu(K key);

    /**
     * Sets an element, new or not.
     *
     * @throws io.podlane.api.kernel.KernelException E2BIG if the map is full
     */
    void put(K key, V value);

    /**
     * Adds an element that is not there yet.
     *
     * @return false if the key is there already; its value is left alone
     * @throws io.podlane.api.kernel.KernelException E2BIG if the map is full
     */
    boolean putIfAbsent(K key, V value);

    /**
     * Sets many elements, in batches where the map's type has them.
     *
     * @throws io.podlane.api.kernel.KernelException E2BIG if the map is full; some elements may have been set
     */
    void putAll(Map<K, V> entries);

    /** Removes an element; false if it was not there. */
    boolean remove(K key);

    /** Removes many elements, in batches where the map's type has them. Keys that are not there are passed over. */
    void removeAll(Collection<K> keys);

    /**
     * Visits every element, read in batches where the map's type has them. With writers about, an element may be seen
     * twice or missed, as always with a hash map in the kernel.
     */
    void forEach(BiConsumer<? super K, ? super V> visitor);
}
