// SPDX-License-Identifier: Apache-2.0
package io.podlane.api.device;

import java.util.Optional;
import org.osgi.annotation.versioning.ConsumerType;

/** Makes pod devices of one kind. Where several are installed, the one with the highest service ranking is the default. */
@ConsumerType
public interface PodLinkProvider {
    /** The kind, as in {@code --kind}: {@code netkit}, {@code veth}, {@code ipvlan}. */
    String kind();

    /**
     * Makes the device pair, moves its far side into the pod's namespace, and gives it addresses and routes. All or
     * nothing: on an error nothing is left behind.
     *
     * @param spec the pod
     * @param deviceName the name that the node's side gets; at most 15 bytes
     * @param mtu the largest packet on both sides, in bytes
     * @throws io.podlane.api.kernel.KernelException if the kernel refuses
     */
    PodLink create(PodSpec spec, String deviceName, int mtu);

    /**
     * Makes a device pair for a pod that is still to come, so that adding that pod need not wait for the kernel to attach
     * programs to it. All or nothing.
     *
     * @param waitingRoom the path of the network namespace in which the far side is made; nobody is in there, and it lasts
     *     no longer than the agent
     * @param deviceName the name that both sides get for the time being; at most 15 bytes
     * @param mtu the largest packet on both sides, in bytes
     * @return empty if devices of this kind cannot be made ahead
     * @throws io.podlane.api.kernel.KernelException if the kernel refuses
     */
    default Optional<SparePair> prepare(String waitingRoom, String deviceName, int mtu) {
        return Optional.empty();
    }

    /**
     * Finds a device that an earlier run made for this pod.
     *
     * @return empty if there is none, or a device of that name is something else
     */
    Optional<PodLink> adopt(PodSpec spec, String deviceName);

    /** Removes the device pair. One that is gone already is no error. */
    void remove(PodLink link);
}
