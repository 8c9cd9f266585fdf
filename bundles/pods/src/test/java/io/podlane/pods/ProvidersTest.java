// SPDX-License-Identifier: Apache-2.0
package io.podlane.pods;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.podlane.api.device.PodLink;
import io.podlane.api.device.PodLinkProvider;
import io.podlane.api.device.PodSpec;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.osgi.framework.Bundle;

class ProvidersTest {
    private static final Map<String, String> HEADERS = Map.of(
            "Provide-Capability",
            "osgi.service;objectClass:List<String>=\"" + PodLinkProvider.class.getName() + "\"",
            "Require-Capability",
            "osgi.ee;filter:=\"(version=17)\",linux.kernel;filter:=\"(feature=netkit)\"");

    private final FakeFramework framework = new FakeFramework();
    private final Providers providers = new Providers(framework.context());

    @Test
    void theHighestRankingIsTheDefault() {
        providers.add(FakeFramework.reference(100), provider("veth"));
        providers.add(FakeFramework.reference(200), provider("netkit"));
        assertEquals("netkit", providers.choose(Optional.empty()).kind());
        assertEquals("veth", providers.choose(Optional.of("veth")).kind());
        providers.remove(FakeFramework.reference(200));
        assertEquals("veth", providers.choose(Optional.empty()).kind());
    }

    @Test
    void aKindThatIsNotThereIsExplained() {
        providers.add(FakeFramework.reference(100), provider("veth"));
        framework.bundles.add(FakeFramework.bundle("io.podlane.netkit", Bundle.INSTALLED, HEADERS));
        framework.bundles.add(FakeFramework.bundle("io.podlane.ipvlan", Bundle.RESOLVED, HEADERS));
        framework.bundles.add(FakeFramework.bundle("org.apache.felix.scr", Bundle.ACTIVE, Map.of()));
        var thrown = assertThrows(IllegalArgumentException.class, () -> providers.choose(Optional.of("netkit")));
        assertEquals(
                "this node has no pod devices of kind netkit; it has: veth; io.podlane.netkit does not resolve:"
                        + " it needs from the kernel (feature=netkit); io.podlane.ipvlan is stopped",
                thrown.getMessage());
    }

    @Test
    void noKindAtAllIsExplained() {
        var thrown = assertThrows(IllegalArgumentException.class, () -> providers.choose(Optional.empty()));
        assertEquals("this node has no pod devices; it has none at all", thrown.getMessage());
    }

    private static PodLinkProvider provider(String kind) {
        return new PodLinkProvider() {
            @Override
            public String kind() {
                return kind;
            }

            @Override
            public PodLink create(PodSpec spec, String deviceName, int mtu) {
                throw new UnsupportedOperationException();
            }

            @Override
            public Optional<PodLink> adopt(PodSpec spec, String deviceName) {
                throw new UnsupportedOperationException();
            }

            @Override
            public void remove(PodLink link) {
                throw new UnsupportedOperationException();
            }
        };
    }
}
