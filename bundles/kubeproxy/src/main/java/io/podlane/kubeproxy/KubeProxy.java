// SPDX-License-Identifier: Apache-2.0
package io.podlane.kubeproxy;

import io.podlane.api.attach.Hook;
import io.podlane.api.attach.Phase;
import io.podlane.api.bpf.BpfLoader;
import io.podlane.api.bpf.BpfObject;
import io.podlane.api.bpf.BpfSource;
import io.podlane.api.extension.DatapathExtension;
import io.podlane.api.extension.DeviceSelector;
import java.util.List;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;

/**
 * The programs that translate between services and their backends. They read the service table that is pinned in the
 * kernel, so this needs no other bundle to work on.
 */
@Component(
        immediate = true,
        service = {})
public final class KubeProxy {
    private final BpfObject object;
    private final List<ServiceRegistration<DatapathExtension>> extensions;

    @Activate
    public KubeProxy(BundleContext context, @Reference BpfLoader loader) {
        object = loader.load(BpfSource.of(KubeProxy.class, "/bpf/translate.bpf.o"));
        extensions = List.of(
                register(
                        context,
                        "translate-from-pod",
                        "podlane_kubeproxy_from_pod",
                        Hook.POD_EGRESS,
                        new DeviceSelector.Pods()),
                register(
                        context,
                        "translate-from-uplink",
                        "podlane_kubeproxy_from_uplink",
                        Hook.UPLINK_INGRESS,
                        new DeviceSelector.Uplinks()));
    }

    private ServiceRegistration<DatapathExtension> register(
            BundleContext context, String name, String program, Hook hook, DeviceSelector devices) {
        var extension = DatapathExtension.of(name, object.program(program), hook, Phase.LOAD_BALANCE, devices);
        return context.registerService(DatapathExtension.class, extension, null);
    }

    @Deactivate
    void deactivate() {
        extensions.forEach(ServiceRegistration::unregister);
        object.close();
    }
}
