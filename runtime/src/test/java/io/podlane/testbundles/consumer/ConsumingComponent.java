// SPDX-License-Identifier: Apache-2.0
package io.podlane.testbundles.consumer;

import java.util.concurrent.Callable;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Works only while the service of {@code provider} is there. */
@Component(service = {})
public final class ConsumingComponent {
    @Reference
    private Callable<String> service;

    @Override
    public String toString() {
        return "with " + service;
    }
}
