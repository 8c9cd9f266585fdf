// SPDX-License-Identifier: Apache-2.0
package io.podlane.linux.cgroup;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class CgroupsTest {
    @Test
    void findsTheVersion2MountAmongThoseOfVersion1() {
        assertEquals(
                Optional.of(Path.of("/sys/fs/cgroup/unified")),
                Cgroups.mount(List.of(
                        "40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd",
                        "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime shared:9 - cgroup2 cgroup2 rw")));
    }

    @Test
    void readsABlankInTheName() {
        assertEquals(
                Optional.of(Path.of("/a b")), Cgroups.mount(List.of("41 31 0:38 / /a\\040b rw - cgroup2 none rw")));
    }

    @Test
    void saysWhereThereIsNone() {
        assertEquals(Optional.empty(), Cgroups.mount(List.of("31 23 0:28 / / rw - tmpfs tmpfs rw,mode=755")));
    }
}
