// SPDX-License-Identifier: Apache-2.0
package io.podlane.tcx;

import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** The one thread that attaches and detaches. Its state needs no locks. */
final class OwnerThread implements AutoCloseable {
    private static final int STACK_BYTES = 256 * 1024;

    private final ScheduledThreadPoolExecutor executor;
    private volatile Thread thread;

    OwnerThread(String name) {
        executor = new ScheduledThreadPoolExecutor(1, work -> {
            var made = new Thread(null, work, name, STACK_BYTES);
            made.setDaemon(true);
            thread = made;
            return made;
        });
        executor.setRemoveOnCancelPolicy(true);
        executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }

    /** Runs something there and waits for it; what it throws is thrown here. */
    <T> T call(Supplier<T> work) {
        if (Thread.currentThread() == thread) {
            return work.get();
        }
        Future<T> result;
        try {
            result = executor.submit(work::get);
        } catch (RejectedExecutionException e) {
            throw new IllegalStateException("the attach service has stopped", e);
        }
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return result.get();
                } catch (InterruptedException e) {
                    interrupted = true; // what was begun is finished
                }
            }
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new IllegalStateException(e.getCause());
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    void run(Runnable work) {
        call(() -> {
            work.run();
            return null;
        });
    }

    /** Runs something there soon, unless the thread has ended. */
    void later(Runnable work) {
        try {
            executor.execute(work);
        } catch (RejectedExecutionException e) {
            // The service has stopped, and whatever it was is found again at the next start.
        }
    }

    ScheduledFuture<?> after(Duration delay, Runnable work) {
        return executor.schedule(work, delay.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Waits for what is under way, and drops what is only due later. */
    @Override
    public void close() {
        executor.shutdown();
        if (Thread.currentThread() == thread) {
            return;
        }
        try {
            executor.awaitTermination(5, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
