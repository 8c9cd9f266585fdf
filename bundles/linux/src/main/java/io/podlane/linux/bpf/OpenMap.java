// SPDX-License-Identifier: Apache-2.0
package io.podlane.linux.bpf;

/** A map with its descriptor, which the object it belongs to closes. */
record OpenMap(String name, int id, MapLayout layout, Fd fd) {
    static OpenMap of(String name, Fd fd) {
        var info = Bpf.info(fd.number(), "map " + name);
        return new OpenMap(name, info.getInt(4), MapLayout.of(info), fd);
    }
}
