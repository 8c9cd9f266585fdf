// SPDX-License-Identifier: Apache-2.0
package io.podlane.manifests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.podlane.api.cluster.ClusterChange;
import io.podlane.api.cluster.ClusterListener;
import io.podlane.api.cluster.ClusterState;
import io.podlane.api.cluster.IpAddress;
import io.podlane.api.cluster.ObjectName;
import io.podlane.api.cluster.Pod;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class ClusterFeedTest {
    private final List<Map<String, String>> problems = new ArrayList<>();
    private final ClusterFeed feed = new ClusterFeed(problems::add);

    private static FolderContent services(String... names) throws Exception {
        var files = new TreeMap<String, FileContent>();
        for (String name : names) {
            String yaml = "{apiVersion: v1, kind: Service, metadata: {name: " + name + "}, spec: {ports: [{port: 1}]}}";
            files.put(
                    name + ".yaml",
                    FileContent.of(name, ManifestReader.read(name, new StringReader(yaml)), FileContent.EMPTY));
        }
        return FolderContent.of(files);
    }

    @Test
    void aListenerGetsASnapshotBeforeAddReturnsAndThenChanges() throws Exception {
        feed.content(services("a"), true);
        var listening = new Listening();

        feed.add(listening);
        assertEquals("a:1", listening.services());
        feed.content(services("a", "b"), true);
        feed.content(services("b"), true);
        feed.content(services("b"), true);

        assertEquals("b:1", listening.services());
        assertEquals(1, listening.snapshots());
        assertEquals(2, listening.changes().size());
    }

    @Test
    void nobodyIsToldBeforeTheContentIsComplete() throws Exception {
        var listening = new Listening();
        feed.add(listening);

        feed.content(services("a"), false);
        assertNull(listening.state());
        feed.content(services("a", "b"), true);

        assertEquals("a:1 b:1", listening.services());
    }

    @Test
    void anEmptyFolderIsASnapshotOfNothing() throws Exception {
        var listening = new Listening();
        feed.add(listening);

        feed.content(services(), true);

        assertEquals(ClusterState.EMPTY, listening.state());
    }

    @Test
    void thePodsOfThisNodeAreHandedOnFromTheThreadThatBringsThem() throws Exception {
        var listening = new Listening();
        feed.add(listening);
        feed.own(List.of());
        feed.content(services("a"), true);

        var name = new ObjectName("default", "p");
        feed.own(List.of(new Pod(name, "me", List.of(IpAddress.parse("10.0.0.1")), Map.of(), true)));
        assertEquals(1, listening.state().pods().size());
        feed.own(List.of());

        assertEquals(
                List.of(new ClusterChange.PodRemoved(name)), listening.changes().get(1));
    }

    @Test
    void aListenerThatFailsDoesNotHurtOthersAndGetsASnapshotWhenTriedAgain() throws Exception {
        var failing = new ClusterListener() {
            private final Listening listening = new Listening();
            private boolean fails = true;

            @Override
            public void snapshot(ClusterState state) {
                if (fails) {
                    throw new IllegalStateException("not now");
                }
                listening.snapshot(state);
            }

            @Override
            public void changed(List<ClusterChange> changes) {
                if (fails) {
                    throw new IllegalStateException("not now");
                }
                listening.changed(changes);
            }
        };
        var other = new Listening();
        feed.add(failing);
        feed.add(other);

        feed.content(services("a"), true);
        failing.fails = false;
        feed.retry();
        assertEquals("a:1", failing.listening.services());

        failing.fails = true;
        feed.content(services("a", "b"), true);
        failing.fails = false;
        feed.content(services("a", "c"), true);

        assertEquals("a:1 c:1", failing.listening.services());
        assertEquals(2, failing.listening.snapshots());
        assertEquals("a:1 c:1", other.services());
        assertEquals(1, other.snapshots());
    }

    @Test
    void aListenerThatLeftHearsNothing() throws Exception {
        var listening = new Listening();
        feed.content(services("a"), true);
        feed.add(listening);

        feed.remove(listening);
        feed.content(services("b"), true);

        assertEquals("a:1", listening.services());
    }
}
