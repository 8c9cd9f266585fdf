// SPDX-License-Identifier: Apache-2.0
package io.podlane.manifests;

import io.podlane.api.cluster.ClusterListener;
import io.podlane.api.cluster.ObjectName;
import io.podlane.api.cluster.Pod;
import io.podlane.api.device.PodLink;
import io.podlane.api.device.PodListener;
import io.podlane.api.node.NodeConfig;
import io.podlane.api.status.Problems;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The cluster's state from a folder of Kubernetes YAML, where there is no cluster. It has read the folder when it is
 * active. Without a folder it does nothing. Listeners keep what they have while it is stopped.
 */
@Component(immediate = true, service = PodListener.class)
public final class Manifests implements PodListener {
    private static final Logger LOG = LoggerFactory.getLogger(Manifests.class);

    private final String node;
    private final Problems problems;
    private final ClusterFeed feed = new ClusterFeed(this::report);
    private final Optional<FolderReader> reader;
    private Map<String, String> reported = Map.of();

    @Activate
    public Manifests(BundleContext context) {
        NodeConfig config = NodeConfig.of(context);
        node = config.name();
        problems = new Problems(context);
        reader = config.manifests()
                .map(folder -> FolderReader.start(folder, config.stateDir(), feed, FolderReader.LOOK_ANYWAY));
        if (reader.isEmpty()) {
            LOG.debug("no folder of manifests is configured");
        }
    }

    @Deactivate
    void stop() {
        reader.ifPresent(FolderReader::close);
        problems.close();
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void addListener(ClusterListener listener) {
        feed.add(listener);
    }

    void removeListener(ClusterListener listener) {
        feed.remove(listener);
    }

    @Override
    public void pods(List<PodLink> pods) {
        feed.own(pods.stream().map(this::pod).toList());
    }

    private Pod pod(PodLink link) {
        String name = link.spec().name();
        int slash = name.indexOf('/');
        var objectName = slash < 0
                ? new ObjectName("default", name)
                : new ObjectName(name.substring(0, slash), name.substring(slash + 1));
        return new Pod(objectName, node, link.spec().ips(), link.spec().labels(), true);
    }

    /** Called by the feed, one call at a time. */
    private void report(Map<String, String> now) {
        if (now.equals(reported)) {
            return;
        }
        now.forEach((subject, message) -> {
            if (!message.equals(reported.get(subject))) {
                LOG.warn("manifest={} problem={}", subject, message);
            }
            problems.report(subject, message);
        });
        problems.retain(now.keySet());
        reported = new HashMap<>(now);
    }
}
