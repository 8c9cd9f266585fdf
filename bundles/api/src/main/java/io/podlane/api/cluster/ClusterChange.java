// SPDX-License-Identifier: Apache-2.0
package io.podlane.api.cluster;

/** One object that came, changed or went. */
public sealed interface ClusterChange {
    /** A Service as it is now. */
    record ServiceChanged(Service service) implements ClusterChange {}

    /** A Service is gone. */
    record ServiceRemoved(ObjectName name) implements ClusterChange {}

    /** An EndpointSlice as it is now. */
    record SliceChanged(EndpointSlice slice) implements ClusterChange {}

    /** An EndpointSlice is gone. */
    record SliceRemoved(ObjectName name) implements ClusterChange {}

    /** A Pod as it is now. */
    record PodChanged(Pod pod) implements ClusterChange {}

    /** A Pod is gone. */
    record PodRemoved(ObjectName name) implements ClusterChange {}

    /** A Node as it is now. */
    record NodeChanged(Node node) implements ClusterChange {}

    /** A Node is gone. */
    record NodeRemoved(String name) implements ClusterChange {}
}
