// SPDX-License-Identifier: Apache-2.0
package io.podlane.linux.testing;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A test on the running kernel, as root: it runs on a thread with a network namespace and mounts of its own, all of which
 * the kernel removes with the thread. A parameter of type {@link java.nio.file.Path} is a folder with a BPF file system.
 */
@Test
@Tag("kernel")
@ExtendWith(Isolation.class)
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface KernelTest {}
