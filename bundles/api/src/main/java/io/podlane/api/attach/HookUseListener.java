// SPDX-License-Identifier: Apache-2.0
package io.podlane.api.attach;

import java.util.Map;
import java.util.Set;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Wants to know at which hooks of which devices programs run, so that a program that could skip a hook runs it where
 * somebody is there. Register it as a service: it is called once with what is there, which registering it waits for, and
 * then after every change, one call at a time.
 */
@ConsumerType
public interface HookUseListener {
    /**
     * The hooks in use as they are now. Also a program counts whose bundle is being updated; the platform's own tails do
     * not. A call must not block for long.
     *
     * @param ifindexes for each hook in use, the devices, by their index in the node's network namespace
     */
    void hookUse(Map<Hook, Set<Integer>> ifindexes);
}
