// SPDX-License-Identifier: Apache-2.0
package io.podlane.pods;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The one thread that changes the state of this bundle. It is a platform thread, as native calls want it. */
final class OwnerThread implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(OwnerThread.class);
    private static final int STACK_BYTES = 512 * 1024;
    private static final Duration CLOSE = Duration.ofSeconds(5);

    private final ExecutorService executor;
    private volatile Thread thread;

    OwnerThread(String name) {
        executor = Executors.newSingleThreadExecutor(work -> {
            thread = new Thread(null, work, name, STACK_BYTES);
            thread.setDaemon(true);
            return thread;
        });
    }

    /** Runs an action there and waits for its result. From the thread itself, runs it at once. */
    <T> T call(Callable<T> action) {
        return call(action, Duration.ofDays(1));
    }

    /** As {@link #call}, but waits for a time only; the action is carried out all the same, and null returned. */
    <T> T call(Callable<T> action, Duration patience) {
        try {
            if (Thread.currentThread() == thread) {
                return action.call();
            }
            return submit(action).get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            LOG.warn("thread={} busy for longer than {}", thread.getName(), patience);
            return null;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for " + thread.getName(), e);
        } catch (ExecutionException e) {
            throw unchecked(e.getCause());
        } catch (Exception e) {
            throw unchecked(e);
        }
    }

    private <T> Future<T> submit(Callable<T> action) {
        try {
            return executor.submit(action);
        } catch (RejectedExecutionException e) {
            throw new IllegalStateException("the bundle is being stopped; try again", e);
        }
    }

    private static RuntimeException unchecked(Throwable thrown) {
        if (thrown instanceof Error error) {
            throw error;
        }
        return thrown instanceof RuntimeException e ? e : new IllegalStateException(thrown.getMessage(), thrown);
    }

    /** Runs an action there some time; what it throws is logged. */
    void execute(Runnable action) {
        try {
            executor.execute(() -> {
                try {
                    action.run();
                } catch (RuntimeException e) {
                    LOG.error("thread={} failed", Thread.currentThread().getName(), e);
                }
            });
        } catch (RejectedExecutionException e) {
            LOG.debug("stopped; nothing more is done");
        }
    }

    /** Lets the thread finish what was asked for. */
    @Override
    public void close() {
        executor.shutdown();
        if (Thread.currentThread() == thread) {
            return;
        }
        try {
            if (!executor.awaitTermination(CLOSE.toMillis(), TimeUnit.MILLISECONDS)) {
                executor.shutdownNow();
            }
        } catch (InterruptedException e) {
            executor.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }
}
