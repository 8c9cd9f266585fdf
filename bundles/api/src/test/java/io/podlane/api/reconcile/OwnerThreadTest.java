// SPDX-License-Identifier: Apache-2.0
package io.podlane.api.reconcile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class OwnerThreadTest {
    private static final Duration LONG = Duration.ofHours(1);

    private final LinkedBlockingQueue<Throwable> failures = new LinkedBlockingQueue<>();
    private final OwnerThread thread = new OwnerThread("test-owner", failures::add);
    private final CountDownLatch gate = new CountDownLatch(1);

    @AfterEach
    void close() {
        gate.countDown();
        thread.close();
    }

    @Test
    void worksOnOneThreadInTheOrderAsked() {
        var seen = new ArrayList<String>();
        thread.later(() -> seen.add("a on " + Thread.currentThread().getName()));
        thread.later(() -> seen.add("b on " + Thread.currentThread().getName()));
        assertEquals(List.of("a on test-owner", "b on test-owner"), thread.call(() -> List.copyOf(seen)));
    }

    @Test
    void whatTheWorkThrowsReachesWhoWaitsAndNobodyElse() {
        var thrown = new IllegalArgumentException("no");
        assertSame(
                thrown,
                assertThrows(
                        IllegalArgumentException.class,
                        () -> thread.run(() -> {
                            throw thrown;
                        })));
        assertSame(
                thrown,
                assertThrows(
                        IllegalArgumentException.class,
                        () -> thread.run(
                                () -> {
                                    throw thrown;
                                },
                                LONG)));
        var error = new StackOverflowError();
        assertSame(
                error,
                assertThrows(
                        StackOverflowError.class,
                        () -> thread.call(() -> {
                            throw error;
                        })));
        assertTrue(failures.isEmpty());
    }

    @Test
    void whatNobodyWaitsForIsReportedAndTheThreadGoesOn() throws InterruptedException {
        var thrown = new IllegalArgumentException("soon");
        thread.later(() -> {
            throw thrown;
        });
        assertSame(thrown, failures.take());
        var error = new StackOverflowError();
        thread.after(Duration.ofMillis(1), () -> {
            throw error;
        });
        assertSame(error, failures.take());
        assertEquals(3, thread.call(() -> 3));
    }

    @Test
    void theThreadItselfDoesNotWaitForItself() {
        assertEquals(4, thread.call(() -> thread.call(() -> 4)));
        assertTrue(thread.call(() -> thread.run(() -> {}, LONG)));
    }

    @Test
    void impatienceDoesNotLoseTheWork() {
        thread.later(this::passGate);
        var done = new CountDownLatch(1);
        assertFalse(thread.run(done::countDown, Duration.ofMillis(1)));
        gate.countDown();
        thread.run(() -> {});
        assertEquals(0, done.getCount());
    }

    @Test
    void whoIsInterruptedWaitsOnAndStaysInterrupted() {
        thread.later(this::passGate);
        Thread.currentThread().interrupt();
        new Thread(gate::countDown).start();
        assertEquals(5, thread.call(() -> 5));
        assertTrue(Thread.interrupted());
    }

    @Test
    void whatIsCancelledIsNotDone() {
        var done = new CountDownLatch(1);
        thread.later(this::passGate);
        var soon = thread.after(Duration.ofMillis(1), done::countDown);
        soon.cancel(false);
        gate.countDown();
        thread.close();
        assertEquals(1, done.getCount());
    }

    @Test
    void closingFinishesWhatIsSoonAndDropsWhatIsLater() {
        var soon = new CountDownLatch(1);
        var later = new CountDownLatch(1);
        thread.after(LONG, later::countDown);
        thread.later(soon::countDown);
        thread.close();
        assertEquals(0, soon.getCount());
        assertEquals(1, later.getCount());
    }

    @Test
    void onceClosedItDoesNothingMore() {
        thread.close();
        assertThrows(IllegalStateException.class, () -> thread.call(() -> 1));
        assertFalse(thread.run(() -> {}, LONG));
        thread.later(() -> failures.add(new AssertionError("done after closing")));
        assertTrue(thread.after(Duration.ofMillis(1), () -> {}).isCancelled());
        assertTrue(failures.isEmpty());
    }

    private void passGate() {
        try {
            if (!gate.await(10, TimeUnit.SECONDS)) {
                throw new AssertionError("the gate stayed shut");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
