// SPDX-License-Identifier: Apache-2.0
package io.podlane.api.device;

import java.util.List;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Wants to know the node's devices. Register it as a service: it is called once with what is there, and then with every
 * change, one call at a time, on one thread. Registering it waits for the first call, though not for long.
 */
@ConsumerType
public interface DeviceListener {
    /** The devices as they are now; compare with what you have. A call must not block for long. */
    void devices(List<Device> devices);
}
