// SPDX-License-Identifier: Apache-2.0
package io.podlane.api.extension;

import io.podlane.api.attach.Hook;
import io.podlane.api.attach.Phase;
import io.podlane.api.bpf.Program;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * A program that wants to run on every device of a kind. Register it as a service: the platform attaches it to every
 * matching device, also to those that come later, keeps it running while its bundle is updated, and withdraws it when the
 * bundle is stopped or uninstalled.
 */
@ConsumerType
public interface DatapathExtension {
    /** What it is called in lists; letters, digits, {@code -} and {@code _}; unique in its bundle. Constant. */
    String name();

    /** The program. Load it in the constructor, so that a rejected one fails the update, not the packets. */
    Program program();

    /** Where in a packet's way. */
    Hook hook();

    /** Where among the programs of that hook. */
    Phase phase();

    /** On which devices. */
    DeviceSelector devices();

    /** An extension that is just these values. */
    static DatapathExtension of(String name, Program program, Hook hook, Phase phase, DeviceSelector devices) {
        record Values(String name, Program program, Hook hook, Phase phase, DeviceSelector devices)
                implements DatapathExtension {}
        return new Values(name, program, hook, phase, devices);
    }
}
