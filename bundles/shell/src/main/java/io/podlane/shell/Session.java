// SPDX-License-Identifier: Apache-2.0
package io.podlane.shell;

import io.podlane.shell.Frames.Type;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.felix.service.command.CommandProcessor;
import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Converter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One client: runs its command lines one after the other in one Gogo session, which keeps its variables. */
final class Session {
    private static final Logger LOG = LoggerFactory.getLogger(Session.class);

    private final SocketChannel channel;
    private final CommandProcessor processor;
    /** Held while a command runs, so that the end can wait for it. */
    private final ReentrantLock running = new ReentrantLock();

    Session(SocketChannel channel, CommandProcessor processor) {
        this.channel = channel;
        this.processor = processor;
    }

    /** Tells a client that it may not connect. */
    static void refuse(SocketChannel channel) throws IOException {
        Frames frames = new Frames(channel);
        try (channel;
                var err = new PrintStream(frames.stream(Type.ERROR), false, StandardCharsets.UTF_8)) {
            err.println("podlane: only root and the agent's own user may give it commands");
            err.flush();
            frames.writeStatus(1);
        }
    }

    void run() {
        Frames frames = new Frames(channel);
        try (channel;
                var out = new PrintStream(frames.stream(Type.OUTPUT), false, StandardCharsets.UTF_8);
                var err = new PrintStream(frames.stream(Type.ERROR), false, StandardCharsets.UTF_8);
                CommandSession gogo = processor.createSession(InputStream.nullInputStream(), out, err)) {
            while (true) {
                var request = frames.read();
                if (request.type() == Type.FOLDER) {
                    gogo.currentDir(Path.of(request.text()));
                    continue;
                }
                running.lock();
                try {
                    int status = execute(gogo, request.text(), out, err);
                    out.flush();
                    err.flush();
                    frames.writeStatus(status);
                } finally {
                    running.unlock();
                }
            }
        } catch (EOFException clientHasGone) {
            // The ordinary end.
        } catch (IOException | RuntimeException e) {
            LOG.debug("a session ended: {}", e.toString());
        }
    }

    private static int execute(CommandSession gogo, String line, PrintStream out, PrintStream err) {
        try {
            Object result = gogo.execute(line);
            if (result != null) {
                CharSequence text = gogo.format(result, Converter.INSPECT);
                out.print(text);
                if (text.length() > 0 && text.charAt(text.length() - 1) != '\n') {
                    out.println();
                }
            }
            return 0;
        } catch (Exception | LinkageError | StackOverflowError e) {
            LOG.debug("command failed: {}", line, e);
            err.println("podlane: " + Failures.describe(e));
            return 1;
        }
    }

    /** Ends the session, after the command that runs now, if that ends in time. */
    void end(long waitMs) throws InterruptedException, IOException {
        if (running.tryLock(waitMs, TimeUnit.MILLISECONDS)) {
            try {
                channel.close();
            } finally {
                running.unlock();
            }
        }
    }

    /** After an update of the shell, old sessions go on, but can load no class that is not loaded yet. */
    static void loadAllClasses() {
        Failures.describe(new Exception());
    }
}
