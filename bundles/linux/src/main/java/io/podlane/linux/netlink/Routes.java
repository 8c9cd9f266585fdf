// SPDX-License-Identifier: Apache-2.0
package io.podlane.linux.netlink;

import io.podlane.api.kernel.Errno;
import io.podlane.api.kernel.KernelException;
import java.util.ArrayList;
import java.util.List;

/** Routes. Each method throws {@link KernelException} if the kernel refuses. */
public final class Routes {
    private final NetlinkSocket socket;

    Routes(NetlinkSocket socket) {
        this.socket = socket;
    }

    /** Adds a route; EEXIST if there is one to the same destination with the same metric. */
    public void add(Route route) {
        socket.execute(message(Rtm.NEWROUTE, Rtm.NLM_F_CREATE | Rtm.NLM_F_EXCL, route), "add route", route.toString());
    }

    /** Adds a route, or puts it in the place of the one to the same destination with the same metric. */
    public void replace(Route route) {
        socket.execute(
                message(Rtm.NEWROUTE, Rtm.NLM_F_CREATE | Rtm.NLM_F_REPLACE, route), "set route", route.toString());
    }

    /** Removes a route; ESRCH if it is not there. */
    public void delete(Route route) {
        socket.execute(message(Rtm.DELROUTE, 0, route), "delete route", route.toString());
    }

    /** The routes of a table, of both families. */
    public List<Route> list(int table) {
        var routes = new ArrayList<>(list(Rtm.AF_INET, table));
        routes.addAll(list(Rtm.AF_INET6, table));
        return routes;
    }

    private List<Route> list(int family, int table) {
        var request = new MessageWriter(Rtm.GETROUTE, 0);
        request.u8(family).u8(0).u8(0).u8(0).u8(0).u8(0).u8(0).u8(0).u32(0);
        request.attribute32(Rtm.RTA_TABLE, table);
        try {
            return socket.dump(
                    request,
                    message -> {
                        // A kernel without IPv6 answers with every family that it has.
                        if (message.body().get(0) != family) {
                            return null;
                        }
                        Route route = Route.read(message);
                        return route.table() == table ? route : null;
                    },
                    "list routes",
                    "table " + table);
        } catch (KernelException e) {
            if (e.errno().equals(Errno.ENOENT)) {
                return List.of(); // No route has been put in that table yet.
            }
            throw e;
        }
    }

    static MessageWriter message(int type, int flags, Route route) {
        var message = new MessageWriter(type, flags);
        route.encode(message);
        return message;
    }
}
