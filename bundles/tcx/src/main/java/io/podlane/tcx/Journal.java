// SPDX-License-Identifier: Apache-2.0
package io.podlane.tcx;

import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonWriter;
import io.podlane.api.attach.Phase;
import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Remembers of each attachment what its pin does not tell. A line for each change, written through to the disk; made short
 * again at start. Nothing depends on it that cannot be found out again: a line that cannot be read is passed over.
 */
final class Journal {
    /**
     * What a line says.
     *
     * @param phase empty if it was attached by another order
     * @param programId the kernel's id of the program that the identity is of
     * @param cgroup the folder, for a point in a cgroup
     */
    record Entry(
            String pin,
            Optional<Phase> phase,
            String device,
            String program,
            String identity,
            int programId,
            Optional<Path> cgroup) {}

    /**
     * What was found.
     *
     * @param entries by pin
     * @param unreadable how many lines could not be read
     */
    record Contents(Map<String, Entry> entries, int unreadable) {}

    private final Path file;

    Journal(Path file) {
        this.file = file;
    }

    Contents read() throws IOException {
        var entries = new LinkedHashMap<String, Entry>();
        int unreadable = 0;
        byte[] bytes;
        try {
            bytes = Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            return new Contents(entries, 0);
        }
        for (String line : new String(bytes, StandardCharsets.UTF_8).split("\n")) {
            if (!line.isBlank() && !apply(line, entries)) {
                unreadable++;
            }
        }
        return new Contents(entries, unreadable);
    }

    private static boolean apply(String line, Map<String, Entry> entries) {
        var fields = new LinkedHashMap<String, String>();
        try (var in = new JsonReader(new StringReader(line))) {
            in.beginObject();
            while (in.hasNext()) {
                fields.put(in.nextName(), in.nextString());
            }
            in.endObject();
            String pin = fields.get("pin");
            if (pin == null) {
                return false;
            }
            if (fields.getOrDefault("state", "").equals("detached")) {
                entries.remove(pin);
                return true;
            }
            entries.put(
                    pin,
                    new Entry(
                            pin,
                            Optional.ofNullable(fields.get("phase")).map(Phase::valueOf),
                            fields.getOrDefault("device", ""),
                            fields.getOrDefault("program", ""),
                            fields.getOrDefault("identity", ""),
                            Integer.parseInt(fields.getOrDefault("programId", "0")),
                            Optional.ofNullable(fields.get("cgroup")).map(Path::of)));
            return true;
        } catch (IOException | IllegalStateException | IllegalArgumentException e) {
            return false;
        }
    }

    /** Writes these entries in place of all that is there. */
    void rewrite(Collection<Entry> entries) throws IOException {
        var text = new StringBuilder();
        for (Entry entry : entries) {
            text.append(line(entry));
        }
        Path draft = file.resolveSibling(file.getFileName() + ".new");
        Files.createDirectories(file.getParent());
        write(draft, text, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE);
        Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** Adds what has changed: entries that are there now, and pins that are gone. */
    void append(Collection<Entry> attached, Collection<String> detached) throws IOException {
        var text = new StringBuilder();
        for (Entry entry : attached) {
            text.append(line(entry));
        }
        for (String pin : detached) {
            text.append(line(Map.of("state", "detached"), pin));
        }
        Files.createDirectories(file.getParent());
        write(file, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    private static void write(Path to, CharSequence text, StandardOpenOption... options) throws IOException {
        try (FileChannel channel = FileChannel.open(to, options)) {
            ByteBuffer bytes = StandardCharsets.UTF_8.encode(text.toString());
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(false);
        }
    }

    private static String line(Entry entry) throws IOException {
        var fields = new LinkedHashMap<String, String>();
        fields.put("state", "attached");
        entry.phase().ifPresent(phase -> fields.put("phase", phase.name()));
        fields.put("device", entry.device());
        fields.put("program", entry.program());
        fields.put("identity", entry.identity());
        fields.put("programId", String.valueOf(entry.programId()));
        entry.cgroup().ifPresent(folder -> fields.put("cgroup", folder.toString()));
        return line(fields, entry.pin());
    }

    private static String line(Map<String, String> fields, String pin) throws IOException {
        var text = new StringWriter();
        var out = new JsonWriter(text);
        out.beginObject().name("pin").value(pin);
        for (var field : fields.entrySet()) {
            out.name(field.getKey()).value(field.getValue());
        }
        out.endObject().flush();
        return text.append('\n').toString();
    }
}
