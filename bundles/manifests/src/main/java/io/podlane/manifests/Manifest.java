// SPDX-License-Identifier: Apache-2.0
package io.podlane.manifests;

import io.podlane.api.cluster.ObjectName;
import io.podlane.manifests.Fields.BadFieldException;

/** An object of a kind that matters here, read and found good. */
sealed interface Manifest permits ServiceManifest, SliceManifest, PodManifest, NodeManifest {
    /** The kinds that matter here. All else in the folder is for others. */
    enum Kind {
        Service("v1"),
        EndpointSlice("discovery.k8s.io/v1"),
        Pod("v1"),
        Node("v1");

        private final String apiVersion;

        Kind(String apiVersion) {
            this.apiVersion = apiVersion;
        }

        /** The kind of that name, or null. */
        static Kind of(String apiVersion, String kind) {
            for (Kind known : values()) {
                if (known.name().equals(kind) && known.apiVersion.equals(apiVersion)) {
                    return known;
                }
            }
            return null;
        }
    }

    /** What tells an object from every other. A Node's namespace is empty. */
    record Key(Kind kind, String namespace, String name) {
        static Key read(Kind kind, Fields object) throws BadFieldException {
            Fields metadata = object.object("metadata");
            String name = metadata.string("name").orElse("");
            switch (kind) {
                case Service -> require(Names.isService(name), metadata, "name", Names.SERVICE);
                default -> require(Names.isSubdomain(name), metadata, "name", Names.SUBDOMAIN);
            }
            if (kind == Kind.Node) {
                return new Key(kind, "", name);
            }
            String namespace =
                    metadata.string("namespace").filter(s -> !s.isEmpty()).orElse("default");
            require(Names.isLabel(namespace), metadata, "namespace", Names.LABEL);
            return new Key(kind, namespace, name);
        }

        private static void require(boolean good, Fields fields, String name, String allowed) throws BadFieldException {
            if (!good) {
                throw fields.bad(name, allowed);
            }
        }

        ObjectName objectName() {
            return new ObjectName(namespace, name);
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Key that
                    && kind == that.kind
                    && name.equals(that.name)
                    && namespace.equals(that.namespace);
        }

        @Override
        public int hashCode() {
            return 31 * (31 * kind.ordinal() + namespace.hashCode()) + name.hashCode();
        }

        @Override
        public String toString() {
            return kind + " " + (namespace.isEmpty() ? "" : namespace + "/") + name;
        }
    }

    /** Reads an object. */
    static Manifest read(Key key, Fields object) throws BadFieldException {
        return switch (key.kind()) {
            case Service -> ServiceManifest.read(key.objectName(), object);
            case EndpointSlice -> SliceManifest.read(key.objectName(), object);
            case Pod -> PodManifest.read(key.objectName(), object);
            case Node -> NodeManifest.read(key.name(), object);
        };
    }
}
