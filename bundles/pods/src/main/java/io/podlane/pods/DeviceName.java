// SPDX-License-Identifier: Apache-2.0
package io.podlane.pods;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** What the node's side of a pod's device is called: a device's name has at most 15 bytes, a pod's may have 506. */
final class DeviceName {
    private static final String PREFIX = "pl";
    private static final int HASH_BYTES = 6;

    private DeviceName() {}

    /** Always the same for a pod, so that its device is found again. */
    static String of(String pod) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(pod.getBytes(StandardCharsets.UTF_8));
            return PREFIX + HexFormat.of().formatHex(hash, 0, HASH_BYTES);
        } catch (NoSuchAlgorithmException impossible) {
            throw new AssertionError(impossible);
        }
    }
}
