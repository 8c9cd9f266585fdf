// SPDX-License-Identifier: Apache-2.0
package io.podlane.testbundles.failingactivator;

import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;

/** A bundle that does not start. */
public final class FailingActivator implements BundleActivator {
    @Override
    public void start(BundleContext context) {
        throw new IllegalStateException("no device nosuch0");
    }

    @Override
    public void stop(BundleContext context) {}
}
