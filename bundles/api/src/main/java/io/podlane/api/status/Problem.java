// SPDX-License-Identifier: Apache-2.0
package io.podlane.api.status;

/**
 * Something that is wrong and that a person can do something about. It is published as a service for as long as it lasts,
 * with its parts as service properties, so that it can be read without this class: {@link #SUBJECT}, {@link #MESSAGE},
 * {@link #BUNDLE}.
 *
 * @param bundle the symbolic name of the bundle that says so
 * @param subject what it is about: a file and object, a pod, a device
 * @param message what was attempted, what happened, and what to do
 */
public record Problem(String bundle, String subject, String message) {
    /** Service property: {@link #subject}. */
    public static final String SUBJECT = "podlane.problem.subject";
    /** Service property: {@link #message}. */
    public static final String MESSAGE = "podlane.problem.message";
    /** Service property: {@link #bundle}. */
    public static final String BUNDLE = "podlane.problem.bundle";
}
