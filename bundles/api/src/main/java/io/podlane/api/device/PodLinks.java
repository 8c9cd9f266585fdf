// SPDX-License-Identifier: Apache-2.0
package io.podlane.api.device;

import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/** The pods of this node. Kept over restarts. Thread-safe. */
@ProviderType
public interface PodLinks {
    /**
     * Connects a pod. Adding the same pod again with the same specification changes nothing.
     *
     * @throws IllegalArgumentException if the name or an address is another pod's, the namespace is not there, or no
     *     provider of the kind is installed; the message says which
     * @throws io.podlane.api.kernel.KernelException if the kernel refuses
     */
    PodLink add(PodSpec spec);

    /**
     * Disconnects a pod.
     *
     * @return false if there is no pod of that name
     */
    boolean remove(String name);

    /** The pods, by name. */
    List<PodLink> list();
}
