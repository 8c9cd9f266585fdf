// SPDX-License-Identifier: Apache-2.0
package io.podlane.manifests;

import io.podlane.api.cluster.Cidr;
import io.podlane.api.cluster.IpAddress;
import io.podlane.api.cluster.Protocol;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The fields of a mapping, read by type. It knows its own path, so that what is wrong can be said with file, line, field,
 * what was found and what is allowed. A field that is null is absent, as in Kubernetes; fields nobody asks for are ignored.
 */
final class Fields {
    /** A field that is not as it must be. */
    static final class BadFieldException extends Exception {
        private final int line;

        BadFieldException(int line, String message) {
            super(message, null, false, false);
            this.line = line;
        }

        int line() {
            return line;
        }
    }

    static final String PORT_RANGE = "a whole number from 1 to 65535";

    private static final Yaml.Mapping NONE = new Yaml.Mapping(Map.of(), null, 0);

    private final Yaml.Mapping mapping;
    private final String path;
    /** Where to point for what is missing. */
    private final int line;

    private Fields(Yaml.Mapping mapping, String path, int line) {
        this.mapping = mapping;
        this.path = path;
        this.line = line;
    }

    /** The fields of a whole object. */
    static Fields of(Yaml value) throws BadFieldException {
        return of(value, "");
    }

    private static Fields of(Yaml value, String path) throws BadFieldException {
        if (!(value instanceof Yaml.Mapping mapping)) {
            throw new BadFieldException(
                    value.line(),
                    (path.isEmpty() ? "" : path + ": ") + "found " + value.shown() + ", allowed is a mapping");
        }
        if (mapping.repeated() != null) {
            throw new BadFieldException(
                    mapping.entries().get(mapping.repeated()).line(),
                    (path.isEmpty() ? "" : path + ".") + mapping.repeated()
                            + ": found more than once, allowed is once");
        }
        return new Fields(mapping, path, mapping.line());
    }

    private Optional<Yaml> get(String name) {
        Yaml value = mapping.entries().get(name);
        return value instanceof Yaml.Scalar scalar && scalar.type() == Yaml.Scalar.Type.NULL
                ? Optional.empty()
                : Optional.ofNullable(value);
    }

    boolean has(String name) {
        return get(name).isPresent();
    }

    /** The path of one of its fields. */
    String path(String name) {
        return path.isEmpty() ? name : path + "." + name;
    }

    /** An error that names a field. */
    BadFieldException bad(String name, String allowed) {
        return get(name)
                .map(value -> bad(path(name), value, allowed))
                .orElseGet(() -> new BadFieldException(line, path(name) + ": found nothing, allowed is " + allowed));
    }

    static BadFieldException bad(String path, Yaml found, String allowed) {
        return new BadFieldException(found.line(), path + ": found " + found.shown() + ", allowed is " + allowed);
    }

    /** The mapping in a field; an empty one if there is none. */
    Fields object(String name) throws BadFieldException {
        Optional<Yaml> value = get(name);
        return value.isPresent() ? of(value.get(), path(name)) : new Fields(NONE, path(name), line);
    }

    /** The mappings of a list. */
    List<Fields> objects(String name) throws BadFieldException {
        var objects = new ArrayList<Fields>();
        for (Yaml item : list(name)) {
            objects.add(of(item, path(name) + "[" + objects.size() + "]"));
        }
        return objects;
    }

    List<Yaml> list(String name) throws BadFieldException {
        Optional<Yaml> value = get(name);
        if (value.isEmpty()) {
            return List.of();
        }
        if (value.get() instanceof Yaml.Sequence sequence) {
            return sequence.items();
        }
        throw bad(name, "a list");
    }

    Optional<String> string(String name) throws BadFieldException {
        Optional<Yaml> value = get(name);
        return value.isPresent() ? Optional.of(string(path(name), value.get())) : Optional.empty();
    }

    static String string(String path, Yaml value) throws BadFieldException {
        if (value instanceof Yaml.Scalar scalar && scalar.type() == Yaml.Scalar.Type.STRING) {
            return scalar.text();
        }
        throw bad(path, value, value instanceof Yaml.Scalar ? "a string; put it in quotes" : "a string");
    }

    /** A list of strings. */
    List<String> strings(String name) throws BadFieldException {
        var strings = new ArrayList<String>();
        for (Yaml item : list(name)) {
            strings.add(string(path(name) + "[" + strings.size() + "]", item));
        }
        return strings;
    }

    /** A mapping of strings to strings, such as labels. */
    Map<String, String> labels(String name) throws BadFieldException {
        Fields fields = object(name);
        if (fields.mapping.entries().isEmpty()) {
            return Map.of();
        }
        var labels = new LinkedHashMap<String, String>();
        for (var entry : fields.mapping.entries().entrySet()) {
            boolean empty = entry.getValue() instanceof Yaml.Scalar scalar && scalar.type() == Yaml.Scalar.Type.NULL;
            labels.put(entry.getKey(), empty ? "" : string(fields.path(entry.getKey()), entry.getValue()));
        }
        return labels;
    }

    Optional<Boolean> bool(String name) throws BadFieldException {
        Optional<Yaml> value = get(name);
        if (value.isEmpty()) {
            return Optional.empty();
        }
        if (value.get() instanceof Yaml.Scalar scalar && scalar.type() == Yaml.Scalar.Type.BOOLEAN) {
            return Optional.of(scalar.isTrue());
        }
        throw bad(name, "true or false");
    }

    /** A port number, 1 to 65535. */
    Optional<Integer> port(String name) throws BadFieldException {
        Optional<Yaml> value = get(name);
        return value.isPresent() ? Optional.of(port(path(name), value.get())) : Optional.empty();
    }

    static int port(String path, Yaml value) throws BadFieldException {
        if (value instanceof Yaml.Scalar scalar && scalar.type() == Yaml.Scalar.Type.NUMBER) {
            String digits = scalar.text();
            // YAML 1.1 reads a leading zero as octal, 1.2 as decimal: so it is no number that people agree on.
            if (digits.length() <= 5
                    && digits.charAt(0) != '0'
                    && scalar.isDecimal()
                    && Integer.parseInt(digits) <= 65535) {
                return Integer.parseInt(digits);
            }
        }
        throw bad(path, value, PORT_RANGE);
    }

    boolean isNumber(String name) {
        return get(name).orElse(null) instanceof Yaml.Scalar scalar && scalar.type() == Yaml.Scalar.Type.NUMBER;
    }

    boolean isZero(String name) {
        return isNumber(name) && ((Yaml.Scalar) get(name).orElseThrow()).text().equals("0");
    }

    Protocol protocol(String name) throws BadFieldException {
        return switch (string(name).orElse("TCP")) {
            case "TCP" -> Protocol.TCP;
            case "UDP" -> Protocol.UDP;
            case "SCTP" -> Protocol.SCTP;
            default -> throw bad(name, "TCP, UDP or SCTP");
        };
    }

    /** A list of addresses. */
    List<InetAddress> addresses(String name) throws BadFieldException {
        var addresses = new ArrayList<InetAddress>();
        for (Yaml item : list(name)) {
            addresses.add(address(path(name) + "[" + addresses.size() + "]", item));
        }
        return addresses;
    }

    InetAddress address(String name) throws BadFieldException {
        if (!has(name)) {
            throw bad(name, "an IPv4 or IPv6 address");
        }
        return address(path(name), get(name).get());
    }

    static InetAddress address(String path, Yaml value) throws BadFieldException {
        try {
            return IpAddress.parse(string(path, value));
        } catch (IllegalArgumentException e) {
            throw bad(path, value, "an IPv4 or IPv6 address");
        }
    }

    static Cidr cidr(String path, Yaml value) throws BadFieldException {
        try {
            return Cidr.parse(string(path, value));
        } catch (IllegalArgumentException e) {
            throw bad(path, value, "an address block such as 10.1.0.0/24");
        }
    }

    Cidr cidr(String name) throws BadFieldException {
        return cidr(path(name), get(name).orElseThrow());
    }
}
