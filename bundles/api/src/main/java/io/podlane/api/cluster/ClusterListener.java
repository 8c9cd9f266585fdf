// SPDX-License-Identifier: Apache-2.0
package io.podlane.api.cluster;

import java.util.List;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Wants to know the cluster. Register it as a service: it gets a snapshot first, as soon as one is complete, and then
 * changes; after a gap another snapshot. One call at a time; a call must return soon.
 */
@ConsumerType
public interface ClusterListener {
    /** The whole state. What is not in it is gone. */
    void snapshot(ClusterState state);

    /** What changed since, in order. */
    void changed(List<ClusterChange> changes);
}
