// SPDX-License-Identifier: Apache-2.0
package io.podlane.pods.command;

import io.podlane.api.cluster.IpAddress;
import io.podlane.api.command.Listing;
import io.podlane.api.device.PodLinks;
import io.podlane.api.device.PodSpec;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.felix.service.command.Descriptor;
import org.apache.felix.service.command.Parameter;
import org.apache.felix.service.command.annotations.GogoCommand;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code pod:add}, {@code pod:remove}, {@code pod:list}. */
@Component(service = PodCommands.class)
@GogoCommand(
        scope = "pod",
        function = {"add", "remove", "list"})
public final class PodCommands {
    private static final String USAGE =
            "usage: pod:add NAME --netns PATH --ip ADDR[,ADDR] [--label KEY=VALUE]... [--kind KIND]";

    private final PodLinks pods;

    @Activate
    public PodCommands(@Reference PodLinks pods) {
        this.pods = pods;
    }

    @Descriptor("Connect a pod: make its device and give it addresses and routes")
    public Listing<?> add(
            @Descriptor("path of the pod's network namespace") @Parameter(names = "--netns", absentValue = "")
                    String netns,
            @Descriptor("the pod's addresses, separated by commas") @Parameter(names = "--ip", absentValue = "")
                    String ips,
            @Descriptor("device kind; absent for the best that this node has")
                    @Parameter(names = "--kind", absentValue = "")
                    String kind,
            @Descriptor("table or json") @Parameter(names = "-o", absentValue = "table") String format,
            @Descriptor("NAME, and --label KEY=VALUE as often as needed") String[] nameAndLabels) {
        var labels = new HashMap<String, String>();
        String name = nameAndLabels(nameAndLabels, labels);
        if (netns.isEmpty() || ips.isEmpty()) {
            throw new IllegalArgumentException((netns.isEmpty() ? "--netns" : "--ip") + " is missing; " + USAGE);
        }
        var spec = new PodSpec(
                name,
                netns,
                Arrays.stream(ips.split(",")).map(IpAddress::parse).toList(),
                labels,
                kind.isEmpty() ? Optional.empty() : Optional.of(kind));
        return new Listing<>(PodRow.class, List.of(PodRow.of(pods.add(spec))), format);
    }

    /** Gogo's parameters cannot be given more than once, so labels are found among the arguments. */
    private static String nameAndLabels(String[] arguments, Map<String, String> labels) {
        String name = null;
        for (Iterator<String> rest = Arrays.asList(arguments).iterator(); rest.hasNext(); ) {
            String argument = rest.next();
            if (argument.equals("--label") && rest.hasNext()) {
                String label = rest.next();
                int equals = label.indexOf('=');
                if (equals < 1) {
                    throw new IllegalArgumentException("--label " + label + " is not KEY=VALUE");
                }
                labels.put(label.substring(0, equals), label.substring(equals + 1));
            } else if (name == null && !argument.startsWith("-")) {
                name = argument;
            } else {
                throw new IllegalArgumentException("'" + argument + "' is not understood; " + USAGE);
            }
        }
        if (name == null) {
            throw new IllegalArgumentException("the pod's name is missing; " + USAGE);
        }
        return name;
    }

    @Descriptor("Disconnect a pod: remove its device")
    public void remove(@Descriptor("the pod's name") String name) {
        if (!pods.remove(name)) {
            throw new IllegalArgumentException("there is no pod " + name + "; pod:list shows those there are");
        }
    }

    @Descriptor("The pods of this node and their devices")
    public Listing<?> list(@Descriptor("table or json") @Parameter(names = "-o", absentValue = "table") String format) {
        return new Listing<>(PodRow.class, pods.list().stream().map(PodRow::of).toList(), format);
    }
}
