// SPDX-License-Identifier: Apache-2.0
package io.podlane.deploy;

/** An update, installation or removal that was not carried out; the message says why, and what runs now. */
final class UpdateFailedException extends Exception {
    private static final long serialVersionUID = 1;

    UpdateFailedException(String message) {
        super(message);
    }

    UpdateFailedException(String message, Throwable cause) {
        super(message, cause);
    }
}
