// SPDX-License-Identifier: Apache-2.0
package io.podlane.testbundles.provider;

import java.util.concurrent.Callable;
import org.osgi.service.component.annotations.Component;

/** Offers a service that {@code consumer} needs. */
@Component
public final class ProvidingComponent implements Callable<String> {
    @Override
    public String call() {
        return "here";
    }
}
