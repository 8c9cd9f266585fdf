// SPDX-License-Identifier: Apache-2.0
package io.podlane.shell;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import jdk.net.ExtendedSocketOptions;
import org.apache.felix.service.command.CommandProcessor;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs Gogo command lines that come over the unix-domain socket {@code <state-dir>/podlane.sock}, one Gogo session for each
 * connection. Only root and the agent's own user may connect.
 * <p>
 * Sessions outlive this component, except at the agent's end: the command that runs may be the very update that replaces
 * it.
 */
@Component(
        service = {},
        immediate = true)
public final class ShellServer {
    private static final Logger LOG = LoggerFactory.getLogger(ShellServer.class);
    private static final long LAST_COMMAND_MS = 3_000;

    private final Bundle framework;
    private final CommandProcessor processor;
    private final Path socket;
    private final ServerSocketChannel listener;
    private final String agentUser;
    private final Set<Session> sessions = ConcurrentHashMap.newKeySet();

    @Activate
    public ShellServer(BundleContext context, @Reference CommandProcessor processor) throws IOException {
        this.framework = context.getBundle(0);
        this.processor = processor;
        socket = Path.of(context.getProperty("podlane.state-dir"), "podlane.sock");
        agentUser = Files.getOwner(Path.of("/proc/self")).getName();
        listener = listen(socket);
        daemon("podlane-shell", this::accept);
    }

    /**
     * The socket is made in a folder that only its owner may enter and moved from there, so that it never lies open, and
     * so that it takes the place of one that an earlier agent left.
     */
    private static ServerSocketChannel listen(Path socket) throws IOException {
        var ownerOnly = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
        Path folder = socket.resolveSibling(".s");
        Path unfinished = folder.resolve("s");
        Files.deleteIfExists(unfinished);
        Files.deleteIfExists(folder);
        Files.createDirectory(folder, ownerOnly);
        var channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            channel.bind(UnixDomainSocketAddress.of(unfinished));
            Files.setPosixFilePermissions(unfinished, PosixFilePermissions.fromString("rw-------"));
            Files.move(unfinished, socket, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            return channel;
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        } finally {
            Files.deleteIfExists(unfinished);
            Files.delete(folder);
        }
    }

    private void accept() {
        while (listener.isOpen()) {
            try {
                SocketChannel channel = listener.accept();
                if (isAllowed(channel)) {
                    var session = new Session(channel, processor);
                    sessions.add(session);
                    daemon("podlane-session", () -> {
                        session.run();
                        sessions.remove(session);
                    });
                } else {
                    Session.refuse(channel);
                }
            } catch (IOException e) {
                if (listener.isOpen()) {
                    LOG.warn("accepting a connection: {}", e.getMessage());
                }
            }
        }
    }

    private boolean isAllowed(SocketChannel channel) throws IOException {
        String user =
                channel.getOption(ExtendedSocketOptions.SO_PEERCRED).user().getName();
        if (user.equals("root") || user.equals("0") || user.equals(agentUser)) {
            return true;
        }
        LOG.warn("refused a connection: user={}", user);
        return false;
    }

    @Deactivate
    public void close() throws IOException, InterruptedException {
        listener.close();
        Session.loadAllClasses();
        if (framework.getState() == Bundle.STOPPING) {
            Files.deleteIfExists(socket);
            for (Session session : sessions) {
                session.end(LAST_COMMAND_MS);
            }
        }
    }

    private static void daemon(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
    }
}
