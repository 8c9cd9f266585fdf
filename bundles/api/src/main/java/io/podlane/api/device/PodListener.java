// SPDX-License-Identifier: Apache-2.0
package io.podlane.api.device;

import java.util.List;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Wants to know the node's pods. Register it as a service: it is called once with what is there, from the thread that
 * registers it, and then with every change, one call at a time. A pod added is not reported as connected to whoever added
 * it before every listener has returned.
 */
@ConsumerType
public interface PodListener {
    /** The pods as they are now; compare with what you have. A call must not block for long. */
    void pods(List<PodLink> pods);
}
