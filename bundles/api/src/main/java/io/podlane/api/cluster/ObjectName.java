// SPDX-License-Identifier: Apache-2.0
package io.podlane.api.cluster;

/** The name of an object in its namespace. */
public record ObjectName(String namespace, String name) implements Comparable<ObjectName> {
    @Override
    public int compareTo(ObjectName other) {
        int byNamespace = namespace.compareTo(other.namespace);
        return byNamespace != 0 ? byNamespace : name.compareTo(other.name);
    }

    // Written out, as it is the key of most maps: the methods that a record has by itself are generated when first
    // called.
    @Override
    public boolean equals(Object other) {
        return other instanceof ObjectName that && name.equals(that.name) && namespace.equals(that.namespace);
    }

    @Override
    public int hashCode() {
        return 31 * namespace.hashCode() + name.hashCode();
    }

    @Override
    public String toString() {
        return namespace + "/" + name;
    }
}
