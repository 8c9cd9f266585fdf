// SPDX-License-Identifier: Apache-2.0
package io.podlane.tcx;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** Settings of the attach service. */
@ObjectClassDefinition(name = "Podlane attach service")
public @interface TcxConfig {
    String PID = "io.podlane.tcx";

    /** How long programs run on whose bundle was stopped or uninstalled on purpose, in seconds. */
    @AttributeDefinition(
            name = "Linger time",
            description = "How long programs run on after their bundle was stopped or uninstalled on purpose, or has"
                    + " stopped asking for them, in seconds",
            min = "0",
            max = "86400")
    int lingerSeconds() default 10;
}
