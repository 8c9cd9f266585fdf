// SPDX-License-Identifier: Apache-2.0
package io.podlane.shell;

import org.apache.felix.service.command.Converter;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/** Lets commands that take a bundle, such as {@code felix:stop}, be given its symbolic name or its id. */
@Component(property = Converter.CONVERTER_CLASSES + "=org.osgi.framework.Bundle")
public final class BundleConverter implements Converter {
    private final BundleContext context;

    @Activate
    public BundleConverter(BundleContext context) {
        this.context = context;
    }

    @Override
    public Object convert(Class<?> desiredType, Object in) {
        if (desiredType != Bundle.class || !(in instanceof CharSequence)) {
            return null;
        }
        String wanted = in.toString();
        for (Bundle bundle : context.getBundles()) {
            if (wanted.equals(bundle.getSymbolicName()) || wanted.equals(Long.toString(bundle.getBundleId()))) {
                return bundle;
            }
        }
        throw new IllegalArgumentException("there is no bundle " + wanted + "; podlane:status lists the bundles");
    }

    @Override
    public CharSequence format(Object target, int level, Converter escape) {
        return null;
    }
}
