// SPDX-License-Identifier: Apache-2.0
package io.podlane.tcx;

import java.util.Arrays;
import java.util.List;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.startlevel.BundleStartLevel;
import org.osgi.service.component.runtime.ServiceComponentRuntime;
import org.osgi.service.component.runtime.dto.ComponentConfigurationDTO;

/** Asks the framework how the bundles are that own attachments. */
final class Owners {
    private final BundleContext context;
    private final ServiceComponentRuntime components;

    Owners(BundleContext context, ServiceComponentRuntime components) {
        this.context = context;
        this.components = components;
    }

    SweepRule.Decision decide(String symbolicName) {
        boolean stopping = context.getBundle(0).getState() == Bundle.STOPPING;
        List<SweepRule.Owner> owners = Arrays.stream(context.getBundles())
                .filter(bundle -> symbolicName.equals(bundle.getSymbolicName()))
                .map(this::owner)
                .toList();
        return SweepRule.decide(stopping, owners);
    }

    private SweepRule.Owner owner(Bundle bundle) {
        var startLevel = bundle.adapt(BundleStartLevel.class);
        boolean active = bundle.getState() == Bundle.ACTIVE;
        return new SweepRule.Owner(
                startLevel != null && startLevel.isPersistentlyStarted(), active, active && settled(bundle));
    }

    private boolean settled(Bundle bundle) {
        return components.getComponentDescriptionDTOs(bundle).stream()
                .flatMap(description -> components.getComponentConfigurationDTOs(description).stream())
                .noneMatch(component -> component.state == ComponentConfigurationDTO.UNSATISFIED_REFERENCE
                        || component.state == ComponentConfigurationDTO.FAILED_ACTIVATION);
    }
}
