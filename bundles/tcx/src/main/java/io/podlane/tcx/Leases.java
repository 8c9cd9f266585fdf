// SPDX-License-Identifier: Apache-2.0
package io.podlane.tcx;

import io.podlane.api.attach.AttachPoint;
import io.podlane.api.attach.Phase;
import io.podlane.api.bpf.Program;
import io.podlane.api.kernel.Errno;
import io.podlane.api.kernel.KernelException;
import io.podlane.linux.bpf.BpfLinks;
import io.podlane.linux.bpf.BpfLinks.Entry;
import io.podlane.linux.bpf.BpfLinks.Place;
import io.podlane.linux.bpf.LinkInfo;
import io.podlane.linux.bpf.Pins;
import io.podlane.linux.bpf.ProgramPins;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * What the kernel holds for our bundles, and the operations on it. One attachment is one pinned link; this holds no
 * descriptor. For the owner thread only.
 */
final class Leases {
    /** Marks the pin of a link that takes another's place; no name of ours contains it. */
    static final String MOVING = "~";

    private final Path bpffs;
    private final Path folder;
    private final long cookie;
    private final LeaseRecords records;
    private final Map<Path, Lease> held = new LinkedHashMap<>();
    /** Those that have been looked at in this run and were as they should be. */
    private final Set<Path> verified = new HashSet<>();

    private final Set<String> changedOwners = new TreeSet<>();

    /** @param cookie of the network namespace in which the devices are */
    Leases(Path bpffs, long cookie, LeaseRecords records) {
        this.bpffs = bpffs;
        this.folder = bpffs.resolve("links");
        this.cookie = cookie;
        this.records = records;
    }

    /** Takes over what earlier runs have left. */
    void adopt(Collection<Lease> found) {
        found.forEach(lease -> held.put(path(lease.pin()), lease));
    }

    LinkPin pin(String owner, AttachPoint point, String name) {
        return LinkPin.of(owner, cookie, point, name);
    }

    Path path(LinkPin pin) {
        return folder.resolve(pin.relative());
    }

    Collection<Lease> all() {
        return List.copyOf(held.values());
    }

    Optional<Lease> get(LinkPin pin) {
        return Optional.ofNullable(held.get(path(pin)));
    }

    /** The next look at a lease asks the kernel again. */
    void doubt(java.util.function.Predicate<Lease> which) {
        verified.removeIf(pin -> held.get(pin) == null || which.test(held.get(pin)));
    }

    /** Makes things as declared, changing as little as possible. */
    Lease ensure(Declaration declared) {
        return ensure(declared, listed -> placeByRank(declared, listed), OptionalLong.empty());
    }

    /**
     * As above.
     *
     * @param place where to put it, if it is not there yet
     */
    Lease ensure(Declaration declared, Function<List<Entry>, Place> place, OptionalLong expectedRevision) {
        Path pin = path(declared.pin());
        Lease lease = held.get(pin);
        if (lease == null || !verified.contains(pin)) {
            lease = look(declared, lease);
        }
        if (lease == null) {
            return attach(declared, place, expectedRevision);
        }
        if (!lease.phase().equals(declared.phase()) && declared.phase().isPresent() && wronglyPlaced(declared, lease)) {
            return move(declared, lease);
        }
        if (!runs(lease, declared.program())) {
            BpfLinks.update(pin, declared.program());
            return keep(lease(declared, lease.linkId(), declared.program()));
        }
        Lease wanted = new Lease(
                declared.pin(),
                declared.point(),
                declared.phase(),
                declared.device(),
                declared.program().name(),
                declared.program().identity(),
                lease.linkId(),
                lease.programId());
        verified.add(pin);
        return wanted.equals(lease) ? lease : keep(wanted);
    }

    private static boolean runs(Lease lease, Program program) {
        // A copy that was loaded to change its place has another id, and does the same.
        return lease.programId() == program.id() || lease.identity().equals(program.identity());
    }

    /** Asks the kernel for a lease; null if there is none, or its device is gone. */
    private Lease look(Declaration declared, Lease known) {
        Path pin = path(declared.pin());
        LinkInfo link = BpfLinks.pinned(pin).orElse(null);
        if (link == null) {
            held.remove(pin);
            return null;
        }
        if (link.gone()) {
            remove(pin);
            return null;
        }
        if (!BpfLinks.isAt(link, declared.point())) {
            throw new KernelException(
                    "adopt attachment " + declared.pin().name(),
                    pin.toString(),
                    Errno.EEXIST,
                    "the link pinned there is not at " + declared.device() + " "
                            + declared.point().describe() + "; something else put it there, remove it by hand");
        }
        boolean same = known != null && known.linkId() == link.id() && known.programId() == link.programId();
        var lease = new Lease(
                declared.pin(),
                declared.point(),
                known == null ? Optional.empty() : known.phase(),
                declared.device(),
                same ? known.program() : "",
                same ? known.identity() : "",
                link.id(),
                link.programId());
        held.put(pin, lease);
        return lease;
    }

    private Lease attach(Declaration declared, Function<List<Entry>, Place> place, OptionalLong expectedRevision) {
        Place where = declared.point() instanceof AttachPoint.Ordered
                ? place.apply(BpfLinks.query(declared.point()).entries())
                : new Place.Last();
        LinkInfo link =
                BpfLinks.attach(declared.program(), declared.point(), where, expectedRevision, path(declared.pin()));
        return keep(lease(declared, link.id(), declared.program()));
    }

    private Place placeByRank(Declaration declared, List<Entry> listed) {
        return declared.rank()
                .map(rank -> Placement.of(rank, listed, ranks(declared.point(), declared.pin())))
                .orElseGet(Place.Last::new);
    }

    private boolean wronglyPlaced(Declaration declared, Lease lease) {
        return declared.point() instanceof AttachPoint.Ordered
                && !Placement.right(
                        lease.linkId(),
                        declared.rank().orElseThrow(),
                        BpfLinks.query(declared.point()).entries(),
                        ranks(declared.point(), declared.pin()));
    }

    private Map<Integer, Rank> ranks(AttachPoint point, LinkPin except) {
        return held.values().stream()
                .filter(lease -> lease.point().equals(point) && !lease.pin().equals(except))
                .filter(lease -> lease.rank().isPresent())
                .collect(Collectors.toMap(Lease::linkId, lease -> lease.rank().orElseThrow(), (a, b) -> a));
    }

    /** The kernel cannot move a link: a second one comes at the new place, then the old one goes. */
    private Lease move(Declaration declared, Lease lease) {
        Path pin = path(declared.pin());
        Path moving = pin.resolveSibling(pin.getFileName() + MOVING);
        Program program =
                declared.program().id() == lease.programId() ? BpfLinks.copyOf(declared.program()) : declared.program();
        LinkInfo link = BpfLinks.attach(
                program,
                declared.point(),
                placeByRank(declared, BpfLinks.query(declared.point()).entries()),
                OptionalLong.empty(),
                moving);
        BpfLinks.detach(pin);
        BpfLinks.rename(moving, pin);
        return keep(lease(declared, link.id(), program));
    }

    private static Lease lease(Declaration declared, int linkId, Program program) {
        return new Lease(
                declared.pin(),
                declared.point(),
                declared.phase(),
                declared.device(),
                program.name(),
                program.identity(),
                linkId,
                program.id());
    }

    private Lease keep(Lease lease) {
        Path pin = path(lease.pin());
        held.put(pin, lease);
        verified.add(pin);
        records.attached(lease);
        changedOwners.add(lease.pin().owner());
        return lease;
    }

    /** Replaces the program of an attachment, whoever declared it. */
    Lease replace(LinkPin pin, Program program) {
        Lease lease = get(pin).orElseThrow(() -> new IllegalStateException("attachment " + pin.name() + " is gone"));
        if (!runs(lease, program)) {
            BpfLinks.update(path(pin), program);
        }
        return keep(lease(
                new Declaration(pin, lease.point(), lease.phase(), lease.device(), program), lease.linkId(), program));
    }

    /** Takes an attachment away. */
    void detach(LinkPin pin) {
        if (BpfLinks.pinned(path(pin)).isPresent()) {
            BpfLinks.detach(path(pin));
        }
        forget(path(pin));
    }

    /** Removes the pins of links whose devices are gone. */
    void removeGone(java.util.function.Predicate<Lease> suspects) {
        for (Lease lease : all()) {
            Path pin = path(lease.pin());
            if (suspects.test(lease) && BpfLinks.pinned(pin).map(LinkInfo::gone).orElse(true)) {
                remove(pin);
            }
        }
    }

    private void remove(Path pin) {
        Pins.remove(pin);
        forget(pin);
    }

    private void forget(Path pin) {
        verified.remove(pin);
        Lease lease = held.remove(pin);
        if (lease != null) {
            records.detached(lease);
            changedOwners.add(lease.pin().owner());
        }
        Pins.removeEmpty(pin.getParent());
        Pins.removeEmpty(pin.getParent().getParent());
    }

    /** Writes what has changed to the journal, and unpins programs that nothing uses any more. */
    void settle() {
        records.flush();
        for (String owner : changedOwners) {
            Set<Integer> used = held.values().stream()
                    .filter(lease -> lease.pin().owner().equals(owner))
                    .map(Lease::programId)
                    .collect(Collectors.toSet());
            new ProgramPins(bpffs, owner).sweep(used);
        }
        changedOwners.clear();
    }

    /** Removes the folder of pins, once they are gone. */
    void removeFolder() {
        Pins.removeEmpty(folder);
    }

    /** For each link of ours at a point, its lease. */
    Map<Integer, Lease> byLink(AttachPoint point) {
        var leases = new HashMap<Integer, Lease>();
        held.values().stream()
                .filter(lease -> lease.point().equals(point))
                .forEach(lease -> leases.put(lease.linkId(), lease));
        return leases;
    }

    static boolean isTail(Lease lease) {
        return lease.phase().filter(Phase.TAIL::equals).isPresent();
    }
}
