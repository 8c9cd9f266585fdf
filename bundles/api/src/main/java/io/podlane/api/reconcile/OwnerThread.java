// SPDX-License-Identifier: Apache-2.0
package io.podlane.api.reconcile;

import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The one thread on which a component does its work, one thing after another: what is touched there only needs no locks, and
 * whoever calls the component from another thread hands it over. It is a platform thread, as native calls want it, and
 * begins with the first work.
 *
 * <p>All methods may be called from any thread. Those that wait, wait also while the caller is interrupted, since what was
 * begun is finished; called on the thread itself, they do the work at once.
 */
public final class OwnerThread implements AutoCloseable {
    private static final int STACK_BYTES = 512 * 1024;
    private static final Duration CLOSE = Duration.ofSeconds(5);

    private final String name;
    private final Consumer<Throwable> failed;
    private final ScheduledThreadPoolExecutor executor;
    private volatile Thread thread;

    /**
     * @param name of the thread, as debuggers show it
     * @param failed told what work throws that nobody waits for: usually it logs
     */
    public OwnerThread(String name, Consumer<Throwable> failed) {
        this.name = name;
        this.failed = failed;
        executor = new ScheduledThreadPoolExecutor(1, work -> {
            var made = new Thread(null, work, name, STACK_BYTES);
            made.setDaemon(true);
            thread = made;
            return made;
        });
        executor.setRemoveOnCancelPolicy(true);
        executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }

    /**
     * Does some work there and waits for its result; what it throws is thrown here.
     *
     * @throws IllegalStateException if the thread has been closed
     */
    public <T> T call(Supplier<T> work) {
        if (Thread.currentThread() == thread) {
            return work.get();
        }
        try {
            return await(executor.submit(work::get), Long.MAX_VALUE);
        } catch (RejectedExecutionException e) {
            throw new IllegalStateException(name + " has stopped", e);
        } catch (TimeoutException impossible) {
            throw new AssertionError(impossible);
        }
    }

    /**
     * Does some work there and waits until it is done; what it throws is thrown here.
     *
     * @throws IllegalStateException if the thread has been closed
     */
    public void run(Runnable work) {
        call(() -> {
            work.run();
            return null;
        });
    }

    /**
     * Does some work there and waits, but not for ever; what it throws meanwhile is thrown here.
     *
     * @return whether it is done; if not, it is done later, unless the thread has been closed
     */
    public boolean run(Runnable work, Duration patience) {
        if (Thread.currentThread() == thread) {
            work.run();
            return true;
        }
        try {
            await(executor.submit(work), patience.toNanos());
            return true;
        } catch (RejectedExecutionException | TimeoutException e) {
            return false;
        }
    }

    private static <T> T await(Future<T> result, long nanos) throws TimeoutException {
        long start = System.nanoTime();
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return result.get(nanos - (System.nanoTime() - start), TimeUnit.NANOSECONDS);
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } catch (ExecutionException e) {
            throw unchecked(e.getCause());
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static RuntimeException unchecked(Throwable thrown) {
        if (thrown instanceof Error error) {
            throw error;
        }
        return thrown instanceof RuntimeException e ? e : new IllegalStateException(thrown);
    }

    /** Does some work there soon; nothing if the thread has been closed. */
    public void later(Runnable work) {
        after(Duration.ZERO, work);
    }

    /**
     * Does some work there after a delay, unless the thread is closed before.
     *
     * @return by which it can be cancelled
     */
    public Future<?> after(Duration delay, Runnable work) {
        try {
            return delay.isZero()
                    ? executor.submit(() -> guarded(work))
                    : executor.schedule(() -> guarded(work), delay.toNanos(), TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException e) {
            var never = new FutureTask<Void>(work, null);
            never.cancel(false);
            return never;
        }
    }

    /** The executor would swallow what it throws. */
    private void guarded(Runnable work) {
        try {
            work.run();
        } catch (Throwable e) {
            failed.accept(e);
        }
    }

    /**
     * Waits, for five seconds at the most, for what is under way and what should be done soon, and drops what is due later.
     */
    @Override
    public void close() {
        executor.shutdown();
        if (Thread.currentThread() == thread) {
            return;
        }
        try {
            if (!executor.awaitTermination(CLOSE.toNanos(), TimeUnit.NANOSECONDS)) {
                executor.shutdownNow();
                failed.accept(new TimeoutException(name + " is busy still after " + CLOSE.toSeconds() + " s"));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
