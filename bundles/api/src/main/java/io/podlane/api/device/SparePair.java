// SPDX-License-Identifier: Apache-2.0
package io.podlane.api.device;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * A device pair that was made before the pod that it will be for. It carries no packet until it is assigned: both sides are
 * off. For one thread at a time.
 */
@ConsumerType
public interface SparePair {
    /** The node's side, under the name that it has until it is assigned, with the hooks that it will have then too. */
    Device device();

    /**
     * Makes it a pod's, just as {@link PodLinkProvider#create} would have made one; the device keeps its index and the
     * programs at its hooks. On an error the pair is gone.
     *
     * @param spec the pod
     * @param deviceName the name that the node's side gets; at most 15 bytes
     * @param mtu the largest packet on both sides, in bytes
     * @throws io.podlane.api.kernel.KernelException if the kernel refuses
     */
    PodLink assign(PodSpec spec, String deviceName, int mtu);
}
