// SPDX-License-Identifier: Apache-2.0
package io.podlane.testbundles.complaining;

import io.podlane.api.status.Problems;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/** Starts, but reports that it cannot do its work. */
@Component(service = {})
public final class ComplainingComponent {
    @Activate
    public ComplainingComponent(BundleContext context) {
        new Problems(context).report("nosuch0", "there is no such device");
    }
}
