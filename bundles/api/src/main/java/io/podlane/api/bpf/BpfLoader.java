// SPDX-License-Identifier: Apache-2.0
package io.podlane.api.bpf;

import org.osgi.annotation.versioning.ProviderType;

/**
 * Loads BPF objects into the kernel. A service of bundle scope: every bundle has its own, and whatever a bundle did not
 * close is closed when it lets go of the service.
 *
 * <p>Loading is idempotent over restarts: a map that the object marks {@code LIBBPF_PIN_BY_NAME} is pinned under
 * {@code <bpffs>/maps} and found there the next time; a program whose identity (hash of object, constants and the ids of
 * its maps) is already pinned is taken from its pin, without another run of the verifier.
 *
 * <p>Thread-safe.
 */
@ProviderType
public interface BpfLoader {
    /**
     * Loads an object, or adopts what an earlier run loaded.
     *
     * @throws io.podlane.api.kernel.VerifierException if the verifier rejects a program; nothing stays loaded then
     * @throws io.podlane.api.kernel.KernelException if the kernel refuses otherwise, or a pinned map has another layout
     */
    BpfObject load(BpfSource source);
}
