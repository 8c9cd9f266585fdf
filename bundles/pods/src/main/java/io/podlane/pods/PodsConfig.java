// SPDX-License-Identifier: Apache-2.0
package io.podlane.pods;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** Settings of the pods. */
@ObjectClassDefinition(name = "Podlane pods")
public @interface PodsConfig {
    String PID = "io.podlane.pods";

    /** The most device pairs that can be asked for. */
    int MOST_SPARES = 64;

    /** How many device pairs wait for pods to come. */
    @AttributeDefinition(
            name = "Spare device pairs",
            description =
                    "How many device pairs of the default kind are kept ready for pods to come; the kernel takes 20 to"
                            + " 100 ms to make one. With 0, each pair is made when its pod is added",
            min = "0",
            max = "64")
    int spares() default 2;
}
