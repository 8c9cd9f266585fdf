// SPDX-License-Identifier: Apache-2.0
package io.podlane.shell;

import io.podlane.api.command.Details;
import io.podlane.api.command.Listing;
import org.apache.felix.service.command.Converter;
import org.osgi.service.component.annotations.Component;

/** Prints {@link Listing} and {@link Details} in the shell, as text and as JSON. */
@Component(
        property = {
            Converter.CONVERTER_CLASSES + "=io.podlane.api.command.Listing",
            Converter.CONVERTER_CLASSES + "=io.podlane.api.command.Details"
        })
public final class ListingConverter implements Converter {
    @Override
    public Object convert(Class<?> desiredType, Object in) {
        return null;
    }

    @Override
    public CharSequence format(Object target, int level, Converter escape) {
        if (target instanceof Listing<?> listing) {
            return listing.format().equals("json")
                    ? Json.write(listing.rows())
                    : Table.of(listing.type(), listing.rows());
        }
        if (target instanceof Details<?> details) {
            return details.format().equals("json") ? Json.write(details.value()) : Table.details(details.value());
        }
        return null;
    }
}
