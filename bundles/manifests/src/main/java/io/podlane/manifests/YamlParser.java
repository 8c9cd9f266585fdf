// SPDX-License-Identifier: Apache-2.0
package io.podlane.manifests;

import java.io.IOException;
import java.io.Reader;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.common.Anchor;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.NodeEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.ReaderException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.parser.ParserImpl;
import org.snakeyaml.engine.v2.scanner.StreamReader;

/**
 * Turns the events of the YAML parser into values, one document at a time. The entries of a document's {@code items} are
 * handed on one by one and not kept, so that a list of 30,000 Services needs the memory of one.
 */
final class YamlParser {
    /** Gets the values as they are read. */
    interface Sink {
        /** An entry of {@code items} of the document that is being read. */
        void item(Yaml item);

        /** A whole document; its {@code items} are empty if they were handed on already. */
        void document(Yaml root);
    }

    /** Text that is not YAML. The message says where and why. */
    static final class BrokenYamlException extends Exception {
        BrokenYamlException(String message) {
            super(message);
        }
    }

    private static final int DEEPEST = 100;
    private static final int MOST_ALIASES = 100;
    private static final String STRING_TAG = "tag:yaml.org,2002:str";
    private static final LoadSettings SETTINGS =
            LoadSettings.builder().setCodePointLimit(Integer.MAX_VALUE).build();

    private final ParserImpl events;
    private final Sink sink;
    private final Map<Anchor, Yaml> anchors = new HashMap<>();
    private int aliases;
    private int depth;

    private YamlParser(Reader text, Sink sink) {
        events = new ParserImpl(SETTINGS, new StreamReader(SETTINGS, text));
        this.sink = sink;
    }

    /** Reads all documents of a text; those before a mistake are handed on before it is found. */
    static void parse(Reader text, Sink sink) throws BrokenYamlException, IOException {
        try {
            new YamlParser(text, sink).documents();
        } catch (MarkedYamlEngineException e) {
            throw new BrokenYamlException(
                    e.getProblemMark().map(YamlParser::place).orElse("") + e.getProblem());
        } catch (ReaderException e) {
            throw new BrokenYamlException("the character U+%04X is not allowed in YAML".formatted(e.getCodePoint()));
        } catch (YamlEngineException e) {
            if (e.getCause() instanceof IOException unreadable) {
                throw unreadable;
            }
            throw new BrokenYamlException(e.getMessage());
        }
    }

    private static String place(Mark mark) {
        return "line " + (mark.getLine() + 1) + ", column " + (mark.getColumn() + 1) + ": ";
    }

    private void documents() throws BrokenYamlException {
        while (events.hasNext()) {
            if (events.next().getEventId() == Event.ID.DocumentStart) {
                anchors.clear();
                aliases = 0;
                sink.document(value(events.next(), true));
            }
        }
    }

    private Yaml value(Event event, boolean root) throws BrokenYamlException {
        if (event instanceof AliasEvent alias) {
            return aliased(alias);
        }
        if (event instanceof ScalarEvent scalar) {
            boolean string = scalar.getTag().filter(STRING_TAG::equals).isPresent();
            return named(scalar, new Yaml.Scalar(scalar.getValue(), scalar.isPlain() && !string, line(scalar)));
        }
        if (++depth > DEEPEST) {
            throw broken(event, "nested more than " + DEEPEST + " deep");
        }
        var start = (CollectionStartEvent) event;
        Yaml value = event.getEventId() == Event.ID.MappingStart ? mapping(start, root) : sequence(start);
        depth--;
        return named(start, value);
    }

    private Yaml sequence(CollectionStartEvent start) throws BrokenYamlException {
        var items = new ArrayList<Yaml>();
        for (Event e = events.next(); e.getEventId() != Event.ID.SequenceEnd; e = events.next()) {
            items.add(value(e, false));
        }
        return new Yaml.Sequence(items, line(start));
    }

    private Yaml mapping(CollectionStartEvent start, boolean root) throws BrokenYamlException {
        var entries = new LinkedHashMap<String, Yaml>();
        String repeated = null;
        Yaml merged = null;
        for (Event e = events.next(); e.getEventId() != Event.ID.MappingEnd; e = events.next()) {
            if (!(value(e, false) instanceof Yaml.Scalar key)) {
                throw broken(e, "a key must be a scalar");
            }
            Event next = events.next();
            Yaml value = root && key.text().equals("items") && isPlainSequence(next)
                    ? items((CollectionStartEvent) next)
                    : value(next, false);
            if (key.plain() && key.text().equals("<<")) {
                merged = value;
            } else if (entries.put(key.text(), value) != null) {
                repeated = key.text();
            }
        }
        if (merged instanceof Yaml.Mapping one) {
            one.entries().forEach(entries::putIfAbsent);
        } else if (merged instanceof Yaml.Sequence several) {
            for (Yaml one : several.items()) {
                if (one instanceof Yaml.Mapping mapping) {
                    mapping.entries().forEach(entries::putIfAbsent);
                }
            }
        }
        return new Yaml.Mapping(entries, repeated, line(start));
    }

    private static boolean isPlainSequence(Event event) {
        return event.getEventId() == Event.ID.SequenceStart
                && ((NodeEvent) event).getAnchor().isEmpty();
    }

    private Yaml items(CollectionStartEvent start) throws BrokenYamlException {
        for (Event e = events.next(); e.getEventId() != Event.ID.SequenceEnd; e = events.next()) {
            sink.item(value(e, false));
        }
        return new Yaml.Sequence(List.of(), line(start));
    }

    private Yaml named(NodeEvent event, Yaml value) {
        event.getAnchor().ifPresent(anchor -> anchors.put(anchor, value));
        return value;
    }

    /** An anchor is known when its value is complete: so nothing contains itself. */
    private Yaml aliased(AliasEvent alias) throws BrokenYamlException {
        Yaml value = anchors.get(alias.getAlias());
        if (value == null) {
            throw broken(alias, "there is no anchor &" + alias.getAlias() + " before the alias");
        }
        // Values are shared, not copied; the limit keeps what reads them from going through one again and again.
        if (!(value instanceof Yaml.Scalar) && ++aliases > MOST_ALIASES) {
            throw broken(alias, "more than " + MOST_ALIASES + " aliases of lists and mappings in a document");
        }
        return value;
    }

    private static int line(Event event) {
        return event.getStartMark().orElseThrow().getLine() + 1;
    }

    private static BrokenYamlException broken(Event event, String why) {
        return new BrokenYamlException(
                event.getStartMark().map(YamlParser::place).orElse("") + why);
    }
}
