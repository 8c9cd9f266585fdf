// SPDX-License-Identifier: Apache-2.0
package io.podlane.tcx;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Remembers since when each attachment lingers. */
final class Linger {
    private final Map<Path, Instant> since = new HashMap<>();

    /**
     * Notes what lingers now, which restarts the clock of everything else.
     *
     * @return what has lingered long enough
     */
    Set<Path> due(Set<Path> lingering, Instant now, Duration time) {
        since.keySet().retainAll(lingering);
        lingering.forEach(pin -> since.putIfAbsent(pin, now));
        return since.entrySet().stream()
                .filter(entry -> !entry.getValue().plus(time).isAfter(now))
                .map(Map.Entry::getKey)
                .collect(Collectors.toSet());
    }
}
