// SPDX-License-Identifier: Apache-2.0
package io.podlane.manifests;

import io.podlane.manifests.Fields.BadFieldException;
import io.podlane.manifests.Manifest.Key;
import io.podlane.manifests.Manifest.Kind;
import java.io.FilterReader;
import java.io.IOException;
import java.io.Reader;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds the objects of the kinds that matter in a text of any number of documents and {@code v1/List}s. */
final class ManifestReader implements YamlParser.Sink {
    /** What stands in the text at one place. */
    sealed interface Entry {}

    /** An object that is as it must be. */
    record Good(Key key, Manifest manifest, int line) implements Entry {}

    /**
     * An object that is not.
     *
     * @param kind its kind, or null if even that cannot be told
     * @param key what it is, or null if that cannot be told
     */
    record Bad(Kind kind, Key key, int line, String message) implements Entry {}

    private static final Logger LOG = LoggerFactory.getLogger(ManifestReader.class);

    private final String file;
    private final List<Entry> entries = new ArrayList<>();
    /** Entries of {@code items}, until it is known whether they stand in a List. */
    private final List<Entry> items = new ArrayList<>();

    private ManifestReader(String file) {
        this.file = file;
    }

    /** Reads a text that a file of some name holds. */
    static List<Entry> read(String file, Reader text) throws YamlParser.BrokenYamlException, IOException {
        var reader = new ManifestReader(file);
        YamlParser.parse(file.endsWith(".json") ? new TabsAreSpaces(text) : text, reader);
        return reader.entries;
    }

    @Override
    public void item(Yaml item) {
        object(item, items);
    }

    @Override
    public void document(Yaml root) {
        if (root instanceof Yaml.Mapping mapping && isList(mapping)) {
            entries.addAll(items);
            if (mapping.entries().get("items") instanceof Yaml.Sequence aliased) {
                aliased.items().forEach(item -> object(item, entries));
            }
        } else if (!(root instanceof Yaml.Scalar scalar && scalar.type() == Yaml.Scalar.Type.NULL)) {
            object(root, entries);
        }
        items.clear();
    }

    private static boolean isList(Yaml.Mapping mapping) {
        return mapping.entries().get("kind") instanceof Yaml.Scalar kind
                && kind.text().equals("List")
                && mapping.entries().get("apiVersion") instanceof Yaml.Scalar version
                && version.text().equals("v1");
    }

    private void object(Yaml value, List<Entry> to) {
        Kind kind = null;
        Key key = null;
        try {
            Fields object = Fields.of(value);
            String apiVersion = required(object, "apiVersion");
            String kindName = required(object, "kind");
            if (kindName.equals("List") && apiVersion.equals("v1")) {
                throw object.bad("kind", "anything but a List within a List");
            }
            kind = Kind.of(apiVersion, kindName);
            if (kind == null) {
                LOG.debug("file={} line={} ignored={}/{}", file, value.line(), apiVersion, kindName);
                return;
            }
            key = Key.read(kind, object);
            to.add(new Good(key, Manifest.read(key, object), value.line()));
        } catch (BadFieldException e) {
            to.add(new Bad(kind, key, value.line(), "line " + e.line() + ": " + e.getMessage()));
        }
    }

    private static String required(Fields object, String name) throws BadFieldException {
        String value = object.string(name).orElse("");
        if (value.isEmpty()) {
            throw object.bad(name, "a name");
        }
        return value;
    }

    /** JSON may be indented with tabs, YAML may not. Within a JSON string a tab is always escaped. */
    private static final class TabsAreSpaces extends FilterReader {
        TabsAreSpaces(Reader text) {
            super(text);
        }

        @Override
        public int read(char[] buffer, int offset, int length) throws IOException {
            int count = super.read(buffer, offset, length);
            for (int i = offset; i < offset + count; i++) {
                if (buffer[i] == '\t') {
                    buffer[i] = ' ';
                }
            }
            return count;
        }
    }
}
