// SPDX-License-Identifier: Apache-2.0
package io.podlane.lab;

import static io.podlane.lab.Figures.millis;
import static io.podlane.lab.Figures.row;

import com.google.gson.JsonElement;
import java.util.ArrayList;
import java.util.List;

/** {@code make demo}: two nodes, four pods, a Service, and every part of the datapath swapped while packets flow. */
public final class Demo {
    private static final int REQUESTS = 200;

    private Demo() {}

    public static void main(String[] args) {
        say("Two nodes (network namespaces) on a wire, an agent on each …");
        try (var two = TwoNodes.start()) {
            say("  node-a ready after " + millis(two.nodeA().startTook()) + ", node-b after "
                    + millis(two.nodeB().startTook()) + " (started together on the same processors)");
            sayWhatIsMissing(two.nodeA());
            two.addPods();
            String kind = two.nodeA()
                    .list("pod:list")
                    .get(0)
                    .getAsJsonObject()
                    .get("kind")
                    .getAsString();
            say("Four pods (" + kind + "), and the Service web " + TwoNodes.SERVICE + ":" + TwoNodes.PORT
                    + " over web-a and web-b.\n");
            boolean ok = requests(two, kind);
            int rate = Figures.rate(two);
            say("Every bundle of the datapath of node-a is updated to a next release, under " + rate
                    + " UDP packets/s in " + Figures.FLOWS
                    + " flows and a TCP connection, through the Service to both nodes:\n");
            ok &= swaps(two, kind, rate);
            figures(two);
            if (!ok) {
                System.err.println("demo: packets were lost or requests failed; see the tables above");
                System.exit(1);
            }
        }
    }

    private static void sayWhatIsMissing(Node node) {
        for (JsonElement bundle : node.status().getAsJsonArray("bundles")) {
            var reason = bundle.getAsJsonObject().get("reason");
            if (reason != null && !reason.isJsonNull() && !reason.getAsString().isEmpty()) {
                say("  " + bundle.getAsJsonObject().get("name").getAsString() + ": " + reason.getAsString());
            }
        }
    }

    private static boolean requests(TwoNodes two, String kind) {
        var rows = new ArrayList<String[]>();
        rows.add(row("path", "device", "requests", "answered by web-a", "by web-b", "failed"));
        boolean ok = true;
        for (Pod client : List.of(two.clientA(), two.clientB())) {
            for (String protocol : List.of("tcp", "udp")) {
                var result = Traffic.requests(client.netns(), protocol, TwoNodes.SERVICE, TwoNodes.PORT, REQUESTS);
                rows.add(row(
                        client.name() + " → web (" + protocol + ")",
                        kind,
                        result.ok() + result.failed(),
                        result.servers().getOrDefault(TwoNodes.WEB_A, 0L),
                        result.servers().getOrDefault(TwoNodes.WEB_B, 0L),
                        result.failed()));
                ok &= result.failed() == 0 && result.servers().size() == 2;
            }
        }
        say(Figures.table(rows));
        return ok;
    }

    private static boolean swaps(TwoNodes two, String kind, int rate) {
        var rows = new ArrayList<String[]>();
        rows.add(row("path", "device", "swapped", "packets sent", "lost", "TCP resets", "time of the swap"));
        boolean ok = true;
        for (String bundle : Figures.swapped(kind)) {
            var swap = Figures.updates(two, bundle, rate, 1);
            rows.add(row(
                    "client-a → web-a, web-b",
                    kind,
                    bundle,
                    swap.sent(),
                    swap.lost(),
                    swap.resets(),
                    millis(swap.took())));
            if (swap.lost() > 0) {
                say("  " + bundle + ": " + swap.lost() + " lost; dropped by "
                        + (swap.dropped().isEmpty() ? "nobody who counts" : swap.dropped()));
            }
            ok &= !swap.unexplained();
        }
        say(Figures.table(rows));
        return ok;
    }

    private static void figures(TwoNodes two) {
        var node = two.nodeA();
        node.stopAgent();
        node.startAgent(two.manifests());
        say(String.format(
                "Agent restarted alone: ready after %s; resident memory %.0f MiB; svc:list %s; pod:list %s.",
                millis(node.startTook()),
                node.residentKib() / 1024.0,
                millis(Figures.command(node, 10, "svc:list")),
                millis(Figures.command(node, 10, "pod:list"))));
    }

    private static void say(String line) {
        System.out.println(line);
    }
}
