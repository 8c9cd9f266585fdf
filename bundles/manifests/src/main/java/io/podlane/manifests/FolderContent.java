// SPDX-License-Identifier: Apache-2.0
package io.podlane.manifests;

import io.podlane.api.cluster.EndpointSlice;
import io.podlane.api.cluster.Node;
import io.podlane.api.cluster.ObjectName;
import io.podlane.api.cluster.Service;
import io.podlane.manifests.Manifest.Key;
import io.podlane.manifests.ManifestReader.Good;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** What the files of a folder give together. Where two hold the same object, the first by file name has it. */
record FolderContent(
        Map<ObjectName, Service> services,
        Map<ObjectName, Selecting> selecting,
        Map<ObjectName, EndpointSlice> slices,
        Map<ObjectName, PodManifest> pods,
        Map<String, Node> nodes,
        Map<String, String> problems) {
    /** A Service that selects pods, and the file that it is in. */
    record Selecting(ServiceManifest manifest, String file) {}

    FolderContent {
        services = Map.copyOf(services);
        selecting = Map.copyOf(selecting);
        slices = Map.copyOf(slices);
        pods = Map.copyOf(pods);
        nodes = Map.copyOf(nodes);
        problems = Map.copyOf(problems);
    }

    static FolderContent of(SortedMap<String, FileContent> files) {
        var services = new HashMap<ObjectName, Service>();
        var selecting = new HashMap<ObjectName, Selecting>();
        var slices = new HashMap<ObjectName, EndpointSlice>();
        var pods = new HashMap<ObjectName, PodManifest>();
        var nodes = new HashMap<String, Node>();
        var problems = new TreeMap<String, String>();
        var places = new HashMap<Key, String>();
        for (var entry : files.entrySet()) {
            String file = entry.getKey();
            FileContent content = entry.getValue();
            for (var problem : content.problems().entrySet()) {
                add(problems, problem.getKey(), problem.getValue());
            }
            for (Good good : content.objects().values()) {
                String place = file + ", line " + good.line();
                String first = places.putIfAbsent(good.key(), place);
                if (first != null) {
                    add(problems, FileContent.subject(file, good.key()), FileContent.duplicate(good, first));
                    continue;
                }
                Manifest manifest = good.manifest();
                if (manifest instanceof ServiceManifest m) {
                    services.put(m.service().name(), m.service());
                    if (!m.selector().isEmpty()) {
                        selecting.put(m.service().name(), new Selecting(m, file));
                    }
                } else if (manifest instanceof SliceManifest m) {
                    slices.put(m.slice().name(), m.slice());
                } else if (manifest instanceof PodManifest m) {
                    pods.put(m.pod().name(), m);
                } else if (manifest instanceof NodeManifest m) {
                    nodes.put(m.node().name(), m.node());
                }
            }
        }
        return new FolderContent(services, selecting, slices, pods, nodes, problems);
    }

    /** The same with more that is wrong. */
    FolderContent with(Map<String, String> moreProblems) {
        return new FolderContent(services, selecting, slices, pods, nodes, moreProblems);
    }

    /** Adds to what is wrong with a subject. */
    static void add(Map<String, String> problems, String subject, String message) {
        String before = problems.get(subject);
        problems.put(subject, before == null ? message : before + " " + message);
    }
}
