// SPDX-License-Identifier: Apache-2.0
package io.podlane.linux.bpf;

import io.podlane.api.attach.AttachPoint;
import io.podlane.api.attach.AttachPoint.Cgroup;
import io.podlane.api.attach.AttachPoint.Xdp;
import io.podlane.api.bpf.Program;
import io.podlane.api.kernel.Errno;
import io.podlane.api.kernel.KernelException;
import io.podlane.linux.ffi.Native;
import io.podlane.linux.netlink.XdpPrograms;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Links: what holds a program at an attach point. All of them are pinned, and named here by their pins, so that nobody has
 * to keep a descriptor. Devices are those of the calling thread's network namespace. From platform threads only.
 */
public final class BpfLinks {
    private static final int MOST_PROGRAMS = 64; // BPF_MPROG_MAX of include/linux/bpf_mprog.h

    private BpfLinks() {}

    /** Where a new program goes in a list. */
    public sealed interface Place {
        /** Before all others. */
        record First() implements Place {}

        /** After all others. */
        record Last() implements Place {}

        /** Right before a link, by its id. */
        record BeforeLink(int id) implements Place {}

        /** Right after a link, by its id. */
        record AfterLink(int id) implements Place {}

        /** Right before a program, by its id. */
        record BeforeProgram(int id) implements Place {}

        /** Right after a program, by its id. */
        record AfterProgram(int id) implements Place {}
    }

    /**
     * A program in a list.
     *
     * @param linkId 0 if it is attached without a link, or the kernel does not say
     * @param name the first 15 characters
     */
    public record Entry(int programId, int linkId, String name) {}

    /**
     * A list of programs, in the order in which they run.
     *
     * @param revision grows with every change; 0 where the kernel keeps none
     */
    public record Listed(long revision, List<Entry> entries) {}

    /**
     * Attaches a program and pins the link: both or neither.
     *
     * @param place ignored at points that are no ordered lists
     * @throws KernelException ESTALE if the list is not at the expected revision
     */
    public static LinkInfo attach(
            Program program, AttachPoint point, Place place, OptionalLong expectedRevision, Path pin) {
        Pins.makeFolder(pin.getParent());
        ByteBuffer attr = Bpf.attr()
                .putInt(0, LoadedProgram.fd(program))
                .putInt(8, LinkAttributes.attachType(point))
                .putInt(12, LinkAttributes.flags(point, place));
        String operation = "attach program " + program.name();
        if (point instanceof AttachPoint.Ordered) {
            attr.putInt(16, LinkAttributes.relativeId(place)).putLong(24, expectedRevision.orElse(0));
        }
        try (Fd target = LinkAttributes.target(point, attr, 4);
                Fd link = new Fd(create(attr, operation, LinkAttributes.subject(point)), operation)) {
            Bpf.pin(link.number(), pin, "link of " + program.name());
            return LinkInfo.of(Bpf.info(link.number(), pin.toString()));
        }
    }

    private static int create(ByteBuffer attr, String operation, String subject) {
        int result = Bpf.call(Bpf.LINK_CREATE, attr);
        if (result < 0) {
            var errno = new Errno(-result);
            throw new KernelException(operation, subject, errno, advice(errno, subject));
        }
        return result;
    }

    private static String advice(Errno errno, String subject) {
        if (errno.equals(Errno.EEXIST)) {
            return "the program is there already";
        }
        if (errno.equals(Errno.ESTALE)) {
            return "the programs there have changed meanwhile";
        }
        if (errno.equals(Errno.ENODEV)) {
            return "there is no such device";
        }
        if (errno.equals(Errno.EINVAL) && subject.contains("netkit/")) {
            return "is the device a netkit pair, and the kernel 6.7 or newer?";
        }
        if (errno.equals(Errno.EBUSY)) {
            return "another program is there, and this hook holds one";
        }
        return "";
    }

    /** What the link pinned at a path is; empty if there is none. */
    public static Optional<LinkInfo> pinned(Path pin) {
        if (!Files.exists(pin, LinkOption.NOFOLLOW_LINKS)) {
            return Optional.empty();
        }
        try (Fd link = Bpf.openPin(pin, Bpf.Kind.LINK)) {
            return Optional.of(LinkInfo.of(Bpf.info(link.number(), pin.toString())));
        }
    }

    /** Puts another program in place of the one that a pinned link holds: every packet sees one or the other. */
    public static void update(Path pin, Program program) {
        try (Fd link = Bpf.openPin(pin, Bpf.Kind.LINK)) {
            ByteBuffer attr = Bpf.attr().putInt(0, link.number()).putInt(4, LoadedProgram.fd(program));
            Bpf.call(Bpf.LINK_UPDATE, attr, "replace the program by " + program.name(), pin.toString());
        }
    }

    /** Takes a pinned link's program away at once, whoever else holds the link, and removes the pin. */
    public static void detach(Path pin) {
        try (Fd link = Bpf.openPin(pin, Bpf.Kind.LINK)) {
            int result = Bpf.call(Bpf.LINK_DETACH, Bpf.attr().putInt(0, link.number()));
            // Without its device it is detached already: ENOLINK for tcx and netkit, EINVAL for XDP.
            boolean gone = LinkInfo.of(Bpf.info(link.number(), pin.toString())).gone();
            if (result < 0 && !gone) {
                throw new KernelException("detach link", pin.toString(), new Errno(-result));
            }
        }
        Pins.remove(pin);
    }

    /**
     * Whether a pinned link is at this very point of this network namespace. The link itself does not say in which namespace
     * its device is, and of a netkit peer it tells the index in the pod's namespace, so the point is asked.
     */
    public static boolean isAt(LinkInfo link, AttachPoint point) {
        if (link.gone() || !link.fits(point)) {
            return false;
        }
        if (point instanceof Xdp xdp) {
            return link.target() == xdp.ifindex()
                    && XdpPrograms.attached(xdp.ifindex()).orElse(0) == link.programId();
        }
        if (point instanceof Cgroup cgroup) {
            return link.target() == cgroupId(cgroup);
        }
        return query(point).entries().stream().anyMatch(entry -> entry.linkId() == link.id());
    }

    /** Gives a pinned link another place among the pins. */
    public static void rename(Path pin, Path to) {
        try {
            Files.move(pin, to);
        } catch (java.io.IOException e) {
            throw new KernelException("rename pin", pin + " to " + to, Errno.EIO, e.toString());
        }
    }

    /** A cgroup's id, which is its folder's inode number. */
    public static long cgroupId(Cgroup cgroup) {
        try {
            return (long) Files.getAttribute(cgroup.folder(), "unix:ino");
        } catch (java.io.IOException e) {
            throw new KernelException("open cgroup", cgroup.folder().toString(), Errno.ENOENT, e.toString());
        }
    }

    /** Another copy of a program, since the kernel refuses one program twice in a list. Closed with the loader. */
    public static Program copyOf(Program program) {
        return LoadedProgram.copyOf(program);
    }

    /** The programs at a point, others' included. */
    public static Listed query(AttachPoint point) {
        if (point instanceof Xdp xdp) {
            var id = XdpPrograms.attached(xdp.ifindex());
            return new Listed(
                    0, id.isPresent() ? List.of(new Entry(id.getAsInt(), 0, programName(id.getAsInt()))) : List.of());
        }
        ByteBuffer programs = Native.allocate(MOST_PROGRAMS * Integer.BYTES);
        ByteBuffer links = Native.allocate(MOST_PROGRAMS * Integer.BYTES);
        ByteBuffer attr = Bpf.attr()
                .putInt(4, LinkAttributes.attachType(point))
                .putLong(16, Native.address(programs))
                .putInt(24, MOST_PROGRAMS);
        if (point instanceof AttachPoint.Ordered) {
            attr.putLong(40, Native.address(links));
        }
        try (Fd target = LinkAttributes.target(point, attr, 0)) {
            int result = Bpf.call(Bpf.PROG_QUERY, attr);
            Native.keep(programs, links);
            if (result == -Errno.ENOENT.number()) {
                return new Listed(1, List.of()); // nothing has ever been attached there
            }
            if (result < 0) {
                var errno = new Errno(-result);
                throw new KernelException(
                        "list programs",
                        LinkAttributes.subject(point),
                        errno,
                        advice(errno, LinkAttributes.subject(point)));
            }
        }
        var entries = new ArrayList<Entry>();
        for (int i = 0; i < attr.getInt(24); i++) {
            int program = programs.getInt(i * Integer.BYTES);
            entries.add(new Entry(program, links.getInt(i * Integer.BYTES), programName(program)));
        }
        return new Listed(point instanceof AttachPoint.Ordered ? attr.getLong(56) : 0, List.copyOf(entries));
    }

    private static String programName(int id) {
        try (Fd program = Bpf.byId(Bpf.PROG_GET_FD_BY_ID, id, "program")) {
            return Bpf.name(Bpf.info(program.number(), "program " + id), 64, 16);
        } catch (KernelException gone) {
            return "";
        }
    }
}
