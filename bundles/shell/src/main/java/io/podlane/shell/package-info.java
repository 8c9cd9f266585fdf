// SPDX-License-Identifier: Apache-2.0
/** The shell: command lines over a unix-domain socket, and how results print. */
package io.podlane.shell;
