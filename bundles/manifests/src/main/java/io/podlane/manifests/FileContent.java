// SPDX-License-Identifier: Apache-2.0
package io.podlane.manifests;

import io.podlane.manifests.Manifest.Key;
import io.podlane.manifests.Manifest.Kind;
import io.podlane.manifests.ManifestReader.Bad;
import io.podlane.manifests.ManifestReader.Good;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PushbackReader;
import java.io.Reader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a file gives: its good objects in their order, and for each bad one the last good version of it that the file held.
 *
 * @param objects the objects, by what they are
 * @param problems what is wrong, by subject
 * @param broken whether the file could not be read as a whole, so that the objects are those of before
 */
record FileContent(Map<Key, Good> objects, Map<String, String> problems, boolean broken) {
    /** A file with nothing in it. */
    static final FileContent EMPTY = new FileContent(Map.of(), Map.of(), false);

    private static final long LARGEST_BYTES = 64 << 20;
    private static final int MOST_PROBLEMS = 50;
    private static final String STAYS = ". The version read before stays in use.";
    private static final String LEFT_OUT = ". It is left out.";

    FileContent {
        objects = Collections.unmodifiableMap(objects);
        problems = Collections.unmodifiableMap(problems);
    }

    /** Reads a file. Never fails: what cannot be read is a problem, and what was there before stays. */
    static FileContent read(Path path, FileContent before) {
        String file = path.getFileName().toString();
        try {
            var attributes = Files.readAttributes(path, BasicFileAttributes.class);
            if (!attributes.isRegularFile()) {
                // Opening a named pipe would wait for a writer, for ever, and every other manifest with it.
                return before.broken(file, "is no regular file");
            }
            long size = attributes.size();
            if (size > LARGEST_BYTES) {
                return before.broken(file, "has " + (size >> 20) + " MiB, allowed are " + (LARGEST_BYTES >> 20));
            }
            try (Reader text = open(path)) {
                return of(file, ManifestReader.read(file, text), before);
            }
        } catch (YamlParser.BrokenYamlException e) {
            return before.broken(file, "broken YAML: " + e.getMessage());
        } catch (CharacterCodingException e) {
            return before.broken(file, "is not UTF-8");
        } catch (NoSuchFileException e) {
            return before.broken(file, "is a symbolic link to a file that does not exist");
        } catch (AccessDeniedException e) {
            return before.broken(file, "cannot be read: permission denied");
        } catch (IOException e) {
            return before.broken(file, "cannot be read: " + e.getMessage());
        }
    }

    private static Reader open(Path path) throws IOException {
        // A decoder of its own, unlike a charset, reports bytes that are not UTF-8.
        var decoded = new InputStreamReader(
                new BufferedInputStream(Files.newInputStream(path)), StandardCharsets.UTF_8.newDecoder());
        var text = new PushbackReader(decoded);
        int first = text.read();
        if (first >= 0 && first != 0xFEFF) {
            text.unread(first);
        }
        return text;
    }

    private FileContent broken(String file, String why) {
        return new FileContent(
                objects,
                Map.of(file, why + (objects.isEmpty() ? "." : ". The content read before stays in use.")),
                true);
    }

    /** What the entries of a file give, if it gave something else before. */
    static FileContent of(String file, List<ManifestReader.Entry> entries, FileContent before) {
        var objects = new LinkedHashMap<Key, Good>();
        var problems = new LinkedHashMap<String, String>();
        var nameless = new ArrayList<Bad>();
        for (ManifestReader.Entry entry : entries) {
            if (entry instanceof Good good) {
                Good first = objects.putIfAbsent(good.key(), good);
                if (first != null) {
                    problems.put(subject(file, good.key()), duplicate(good, "line " + first.line() + " of this file"));
                }
            } else if (entry instanceof Bad bad && bad.key() != null) {
                Good last = before.objects.get(bad.key());
                boolean stays = last != null && objects.putIfAbsent(bad.key(), last) == null;
                problems.put(subject(file, bad.key()), bad.message() + (stays ? STAYS : LEFT_OUT));
            } else if (entry instanceof Bad bad) {
                nameless.add(bad);
            }
        }
        keepWhatTheNamelessMayBe(file, nameless, before, objects, problems);
        return new FileContent(objects, limited(file, problems), false);
    }

    /** An object that has lost its name may be any that was there and is not now; so none of these is dropped. */
    private static void keepWhatTheNamelessMayBe(
            String file, List<Bad> nameless, FileContent before, Map<Key, Good> objects, Map<String, String> problems) {
        var kinds = EnumSet.noneOf(Kind.class);
        for (Bad bad : nameless) {
            var may = bad.kind() == null ? EnumSet.allOf(Kind.class) : EnumSet.of(bad.kind());
            kinds.addAll(may);
            boolean stays = before.objects.keySet().stream()
                    .anyMatch(key -> may.contains(key.kind()) && !objects.containsKey(key));
            String what = bad.kind() == null ? "object" : bad.kind().name();
            problems.put(
                    file + ": " + what + " in line " + bad.line(),
                    bad.message() + (stays ? ". What this file held before stays in use." : LEFT_OUT));
        }
        before.objects.forEach((key, good) -> {
            if (kinds.contains(key.kind())) {
                objects.putIfAbsent(key, good);
            }
        });
    }

    private static Map<String, String> limited(String file, Map<String, String> problems) {
        if (problems.size() <= MOST_PROBLEMS) {
            return problems;
        }
        var some = new LinkedHashMap<String, String>();
        problems.entrySet().stream().limit(MOST_PROBLEMS).forEach(e -> some.put(e.getKey(), e.getValue()));
        some.put(
                file,
                (problems.size() - MOST_PROBLEMS) + " more objects are bad; mend the first " + MOST_PROBLEMS
                        + " to see them.");
        return some;
    }

    static String subject(String file, Key key) {
        return file + ": " + key;
    }

    static String duplicate(Good second, String first) {
        return "line " + second.line() + ": is in " + first + " as well, which is the one in use" + LEFT_OUT;
    }

    /** Whether this lacks an object that another has: so looks a file that is being written. */
    boolean lacksSomeOf(FileContent other) {
        return !objects.keySet().containsAll(other.objects.keySet());
    }
}
