// SPDX-License-Identifier: Apache-2.0
package io.podlane.api.extension;

import io.podlane.api.device.Device;
import java.util.regex.Pattern;

/** Which devices an extension runs on. */
public sealed interface DeviceSelector {
    /** Every pod's device. */
    record Pods() implements DeviceSelector {
        @Override
        public boolean matches(Device device) {
            return device.role() == Device.Role.POD;
        }
    }

    /** Every uplink. */
    record Uplinks() implements DeviceSelector {
        @Override
        public boolean matches(Device device) {
            return device.role() == Device.Role.UPLINK;
        }
    }

    /** Every device whose name on the node matches the whole pattern. */
    record Named(Pattern pattern) implements DeviceSelector {
        @Override
        public boolean matches(Device device) {
            return pattern.matcher(device.name()).matches();
        }
    }

    /** Whether a device is meant. */
    boolean matches(Device device);
}
