// SPDX-License-Identifier: Apache-2.0
package io.podlane.tcx;

import io.podlane.api.attach.AttachPoint;
import io.podlane.api.attach.AttachPoint.Cgroup;
import io.podlane.api.kernel.KernelException;
import io.podlane.linux.bpf.BpfLinks;
import io.podlane.linux.bpf.LinkInfo;
import io.podlane.linux.bpf.Pins;
import io.podlane.tcx.Journal.Entry;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The leases as they are on disk: the pins, which are the truth, and the journal, which knows a little more. For the owner
 * thread only.
 */
final class LeaseRecords {
    private static final Logger LOG = LoggerFactory.getLogger(LeaseRecords.class);

    private final Path folder;
    private final Path cgroup;
    private final long cookie;
    private final Path journalFile;
    private final Journal journal;
    private final BiConsumer<String, Optional<String>> problem;
    private final Map<String, Entry> known = new LinkedHashMap<>();
    private final Map<String, Entry> attached = new LinkedHashMap<>();
    private final List<String> detached = new ArrayList<>();
    /** After a failure the file may end in half a line, and lacks what should have been written: it is written whole. */
    private boolean failed;

    /**
     * @param folder of the link pins
     * @param cgroup the node's
     * @param cookie of the network namespace in which the devices are
     * @param problem told what is wrong with a subject, or that nothing is
     */
    LeaseRecords(
            Path folder, Path cgroup, long cookie, Path journalFile, BiConsumer<String, Optional<String>> problem) {
        this.folder = folder;
        this.cgroup = cgroup;
        this.cookie = cookie;
        this.journalFile = journalFile;
        this.journal = new Journal(journalFile);
        this.problem = problem;
    }

    /** Reads what earlier runs have left, and makes the journal short. */
    List<Lease> load() {
        int unreadable = readJournal();
        List<Lease> leases = new ArrayList<>();
        for (Path pin : pins()) {
            load(pin).ifPresent(leases::add);
        }
        long lost = leases.stream().filter(lease -> lease.program().isEmpty()).count();
        if (unreadable > 0) {
            LOG.warn("journal={} unreadable_lines={} rebuilt from the pins", journalFile, unreadable);
        }
        if (lost > 0) {
            problem.accept(
                    journalFile.toString(),
                    Optional.of("the journal does not tell the order of " + lost + " of " + leases.size()
                            + " attachments that are pinned; each is found out when its bundle starts"));
        }
        known.clear();
        leases.forEach(lease -> known.put(lease.pin().relative().toString(), entry(lease)));
        write(() -> journal.rewrite(known.values()));
        return leases;
    }

    private int readJournal() {
        try {
            var contents = journal.read();
            known.putAll(contents.entries());
            return contents.unreadable();
        } catch (IOException e) {
            LOG.warn("journal={} cannot be read: {}", journalFile, e.toString());
            return 1;
        }
    }

    private List<Path> pins() {
        var pins = new ArrayList<Path>();
        for (Path owner : children(folder)) {
            for (Path device : children(owner)) {
                pins.addAll(children(device));
            }
        }
        return pins;
    }

    private List<Path> children(Path parent) {
        if (!Files.exists(parent)) {
            return List.of();
        }
        var children = new ArrayList<Path>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(parent)) {
            stream.forEach(children::add);
        } catch (IOException e) {
            problem.accept(
                    parent.toString(),
                    Optional.of("it is no folder of link pins (" + e.getMessage()
                            + "); something else put it there, remove it by hand"));
        }
        return children;
    }

    private Optional<Lease> load(Path pin) {
        try {
            LinkPin name;
            if (pin.toString().endsWith(Leases.MOVING)) {
                return finishMove(pin);
            }
            name = LinkPin.parse(folder.relativize(pin));
            LinkInfo link = BpfLinks.pinned(pin).orElseThrow();
            if (link.gone()) {
                Pins.remove(pin);
                return Optional.empty();
            }
            return name.cookie() == cookie ? lease(name, link) : Optional.empty();
        } catch (IllegalArgumentException e) {
            problem.accept(
                    pin.toString(),
                    Optional.of("its name is none that Podlane gives; something else put it there, remove it by hand"));
        } catch (KernelException e) {
            problem.accept(pin.toString(), Optional.of(e.getMessage()));
        }
        return Optional.empty();
    }

    /** The agent was killed while it gave a program another place. */
    private Optional<Lease> finishMove(Path moving) {
        String name = moving.getFileName().toString();
        Path pin = moving.resolveSibling(name.substring(0, name.length() - Leases.MOVING.length()));
        if (BpfLinks.pinned(pin).isPresent()) {
            BpfLinks.detach(moving);
            return Optional.empty();
        }
        BpfLinks.rename(moving, pin);
        return load(pin);
    }

    private Optional<Lease> lease(LinkPin name, LinkInfo link) {
        Entry entry = known.get(name.relative().toString());
        Optional<Path> folderOfCgroup = entry != null && entry.cgroup().isPresent() ? entry.cgroup() : nodeCgroup(link);
        Optional<AttachPoint> point = name.point(folderOfCgroup);
        if (point.isEmpty()) {
            throw new IllegalArgumentException(name + " is at no known point");
        }
        // Another program than the journal says: it could not be written when that was replaced.
        boolean current = entry != null && entry.programId() == link.programId();
        return Optional.of(new Lease(
                name,
                point.get(),
                entry == null ? Optional.empty() : entry.phase(),
                entry == null ? "" : entry.device(),
                entry == null ? "" : entry.program(),
                current ? entry.identity() : "",
                link.id(),
                link.programId()));
    }

    private Optional<Path> nodeCgroup(LinkInfo link) {
        return link.type() == LinkInfo.Type.CGROUP
                        && BpfLinks.cgroupId(new Cgroup(cgroup, Cgroup.Type.CONNECT4)) == link.target()
                ? Optional.of(cgroup)
                : Optional.empty();
    }

    private static Entry entry(Lease lease) {
        return new Entry(
                lease.pin().relative().toString(),
                lease.phase(),
                lease.device(),
                lease.program(),
                lease.identity(),
                lease.programId(),
                lease.point() instanceof Cgroup c ? Optional.of(c.folder()) : Optional.empty());
    }

    void attached(Lease lease) {
        Entry entry = entry(lease);
        if (!entry.equals(known.put(entry.pin(), entry))) {
            attached.put(entry.pin(), entry);
        }
    }

    void detached(Lease lease) {
        String pin = lease.pin().relative().toString();
        attached.remove(pin);
        if (known.remove(pin) != null) {
            detached.add(pin);
        }
    }

    /** Writes what has changed through to the disk. */
    void flush() {
        if (attached.isEmpty() && detached.isEmpty()) {
            return;
        }
        var added = List.copyOf(attached.values());
        var removed = List.copyOf(detached);
        attached.clear();
        detached.clear();
        if (failed) {
            write(() -> journal.rewrite(known.values()));
        } else {
            write(() -> journal.append(added, removed));
        }
    }

    private void write(Write write) {
        try {
            write.run();
            failed = false;
            if (known.values().stream().noneMatch(entry -> entry.program().isEmpty())) {
                problem.accept(journalFile.toString(), Optional.empty());
            }
        } catch (IOException e) {
            failed = true;
            problem.accept(
                    journalFile.toString(),
                    Optional.of("the journal of attachments cannot be written (" + e.getMessage()
                            + "); packets flow on, but free some space: without it, their order is not known after a"
                            + " restart until each bundle has started"));
        }
    }

    private interface Write {
        void run() throws IOException;
    }

    /** Deletes the journal. */
    void purge() throws IOException {
        Files.deleteIfExists(journalFile);
    }
}
