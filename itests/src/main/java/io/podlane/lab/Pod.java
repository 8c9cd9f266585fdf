// SPDX-License-Identifier: Apache-2.0
package io.podlane.lab;

/**
 * A pod in a laboratory.
 *
 * @param name its name
 * @param address its IPv4 address
 * @param netns its namespace
 * @param node where it runs
 */
public record Pod(String name, String address, Netns netns, Node node) {}
