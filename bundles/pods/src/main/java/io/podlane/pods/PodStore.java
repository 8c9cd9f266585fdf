// SPDX-License-Identifier: Apache-2.0
package io.podlane.pods;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.podlane.api.attach.AttachPoint;
import io.podlane.api.attach.Hook;
import io.podlane.api.cluster.IpAddress;
import io.podlane.api.device.Device;
import io.podlane.api.device.PodLink;
import io.podlane.api.device.PodSpec;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiConsumer;

/**
 * Remembers pods over restarts: one file for each in {@code <state-dir>/pods}, named after its device. A file is there
 * whole or not at all, also after a power failure. It also keeps how the device is made, so that the device is known even
 * when no provider of its kind is installed.
 */
final class PodStore {
    private static final String SUFFIX = ".json";
    private static final String UNFINISHED = ".tmp";

    private final Path folder;

    PodStore(Path stateDir) {
        folder = stateDir.resolve("pods");
    }

    /** The file of a device. */
    Path file(String device) {
        return folder.resolve(device + SUFFIX);
    }

    /**
     * The pods that were saved. Their devices have the indexes that they had then.
     *
     * @param broken is told of each file that cannot be read, and why
     */
    List<PodLink> load(BiConsumer<Path, String> broken) {
        var pods = new ArrayList<PodLink>();
        try (var files = Files.newDirectoryStream(folder, "*" + SUFFIX)) {
            for (Path file : files) {
                try {
                    pods.add(read(file));
                } catch (IOException | RuntimeException e) {
                    broken.accept(file, String.valueOf(e.getMessage()));
                }
            }
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException e) {
            broken.accept(folder, String.valueOf(e.getMessage()));
        }
        return pods;
    }

    private PodLink read(Path file) throws IOException {
        PodLink link = link(JsonParser.parseString(Files.readString(file)).getAsJsonObject());
        if (!file.equals(file(link.device().name()))) {
            throw new IOException("it is about the device " + link.device().name());
        }
        return link;
    }

    /** Saves a pod. On an error nothing has changed. */
    void save(PodLink link) throws IOException {
        Files.createDirectories(folder);
        Path file = file(link.device().name());
        Path unfinished = folder.resolve(link.device().name() + UNFINISHED);
        try {
            byte[] text = json(link).toString().getBytes(StandardCharsets.UTF_8);
            try (var channel = FileChannel.open(
                    unfinished,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.TRUNCATE_EXISTING,
                    StandardOpenOption.WRITE)) {
                var buffer = ByteBuffer.wrap(text);
                while (buffer.hasRemaining()) {
                    channel.write(buffer);
                }
                channel.force(true);
            }
            Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
            forceFolder();
        } catch (IOException e) {
            Files.deleteIfExists(unfinished);
            throw e;
        }
    }

    void delete(String device) throws IOException {
        if (Files.deleteIfExists(file(device))) {
            forceFolder();
        }
    }

    /** Deletes all, and the folder. */
    void deleteAll() throws IOException {
        try (var files = Files.newDirectoryStream(folder)) {
            for (Path file : files) {
                Files.delete(file);
            }
        } catch (NoSuchFileException e) {
            return;
        }
        Files.deleteIfExists(folder);
    }

    private void forceFolder() throws IOException {
        try (var channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    static JsonObject json(PodLink link) {
        PodSpec spec = link.spec();
        Device device = link.device();
        var json = new JsonObject();
        json.addProperty("name", spec.name());
        json.addProperty("netns", spec.netns());
        var ips = new JsonArray();
        spec.ips().forEach(ip -> ips.add(ip.getHostAddress()));
        json.add("ips", ips);
        var labels = new JsonObject();
        new TreeMap<>(spec.labels()).forEach(labels::addProperty);
        json.add("labels", labels);
        spec.kind().ifPresent(kind -> json.addProperty("askedKind", kind));
        json.addProperty("device", device.name());
        json.addProperty("ifindex", device.ifindex());
        json.addProperty("kind", device.kind());
        json.addProperty("mode", link.mode());
        json.addProperty("podMac", HexFormat.of().formatHex(link.podMac()));
        json.addProperty("hostMac", HexFormat.of().formatHex(link.hostMac()));
        var hooks = new JsonObject();
        new TreeMap<>(device.hooks()).forEach((hook, point) -> hooks.addProperty(hook.name(), point.describe()));
        json.add("hooks", hooks);
        var tailed = new JsonArray();
        new TreeSet<>(device.tailed()).forEach(hook -> tailed.add(hook.name()));
        json.add("tailed", tailed);
        return json;
    }

    static PodLink link(JsonObject json) {
        var ips = new ArrayList<InetAddress>();
        required(json, "ips").getAsJsonArray().forEach(ip -> ips.add(IpAddress.parse(ip.getAsString())));
        var labels = new TreeMap<String, String>();
        required(json, "labels")
                .getAsJsonObject()
                .entrySet()
                .forEach(label -> labels.put(label.getKey(), label.getValue().getAsString()));
        var spec = new PodSpec(
                text(json, "name"),
                text(json, "netns"),
                ips,
                labels,
                Optional.ofNullable(json.get("askedKind")).map(JsonElement::getAsString));
        int ifindex = required(json, "ifindex").getAsInt();
        Map<Hook, AttachPoint> hooks = new TreeMap<>();
        required(json, "hooks")
                .getAsJsonObject()
                .entrySet()
                .forEach(hook -> hooks.put(
                        Hook.valueOf(hook.getKey()), point(hook.getValue().getAsString(), ifindex)));
        Set<Hook> tailed = new TreeSet<>();
        required(json, "tailed").getAsJsonArray().forEach(hook -> tailed.add(Hook.valueOf(hook.getAsString())));
        return new PodLink(
                spec,
                new Device(text(json, "device"), ifindex, Device.Role.POD, text(json, "kind"), hooks, tailed),
                text(json, "mode"),
                HexFormat.of().parseHex(text(json, "podMac")),
                HexFormat.of().parseHex(text(json, "hostMac")),
                false);
    }

    /** The point on a device that {@link AttachPoint#describe} calls so. */
    private static AttachPoint point(String described, int ifindex) {
        return switch (described) {
            case "tcx/ingress" -> new AttachPoint.Tcx(ifindex, AttachPoint.Tcx.Direction.INGRESS);
            case "tcx/egress" -> new AttachPoint.Tcx(ifindex, AttachPoint.Tcx.Direction.EGRESS);
            case "netkit/primary" -> new AttachPoint.Netkit(ifindex, AttachPoint.Netkit.Side.PRIMARY);
            case "netkit/peer" -> new AttachPoint.Netkit(ifindex, AttachPoint.Netkit.Side.PEER);
            case "xdp/native" -> new AttachPoint.Xdp(ifindex, AttachPoint.Xdp.Mode.NATIVE);
            case "xdp/generic" -> new AttachPoint.Xdp(ifindex, AttachPoint.Xdp.Mode.GENERIC);
            default -> throw new IllegalArgumentException("no hook is at '" + described + "'");
        };
    }

    private static String text(JsonObject json, String field) {
        return required(json, field).getAsString();
    }

    private static JsonElement required(JsonObject json, String field) {
        JsonElement value = json.get(field);
        if (value == null) {
            throw new IllegalArgumentException("it lacks the field " + field);
        }
        return value;
    }
}
