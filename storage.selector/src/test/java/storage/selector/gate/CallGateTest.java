package storage.selector.gate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import storage.api.StorageException;
import storage.api.StorageException.Kind;

@Timeout(60)
class CallGateTest {
    private static final int THREADS = 16;
    private static final Duration LONG = Duration.ofSeconds(50);

    private final StorageException why = StorageException.of(Kind.CLOSED, "shut", "knock");
    private final CallGate gate = new CallGate();
    private final ExecutorService pool = Executors.newFixedThreadPool(THREADS + 1);

    private boolean close(Duration bound) throws StorageException {
        gate.shut(why);
        return gate.drain(bound);
    }

    @AfterEach
    void stop() throws InterruptedException {
        pool.shutdownNow();
        assertThat(pool.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void callsComeBackWithTheirResultAndLeave() throws Exception {
        assertThat(gate.<String, StorageException>call(() -> "x")).isEqualTo("x");
        assertThatThrownBy(() -> gate.run(() -> {
                    throw new IllegalStateException("inside");
                }))
                .hasMessage("inside");
        assertThat(gate.inside()).isZero();
    }

    @Test
    void aClosedGateTellsWhyAndAReopenedOneLetsIn() throws Exception {
        assertThat(close(Duration.ZERO)).isTrue();

        assertThatThrownBy(() -> gate.call(() -> "x")).isInstanceOfSatisfying(StorageException.class, e -> {
            assertThat(e.kind()).isEqualTo(Kind.CLOSED);
            assertThat(e).hasMessage("shut");
            assertThat(e.advice()).isEqualTo("knock");
        });
        gate.open();
        assertThat(gate.<String, StorageException>call(() -> "y")).isEqualTo("y");
    }

    @Test
    void closingWaitsForEveryCallInside() throws Exception {
        var inside = new CountDownLatch(THREADS);
        var go = new CountDownLatch(1);
        var left = new AtomicInteger();
        var calls = new ArrayList<Future<?>>();
        for (var i = 0; i < THREADS; i++) {
            calls.add(pool.submit((Callable<Void>) () -> gate.call(() -> {
                inside.countDown();
                go.await();
                left.incrementAndGet();
                return null;
            })));
        }
        inside.await();
        assertThat(gate.inside()).isEqualTo(THREADS);
        assertThat(close(Duration.ZERO)).as("calls are inside").isFalse();

        var closing = pool.submit(() -> {
            var empty = close(LONG);
            assertThat(left).hasValue(THREADS);
            return empty;
        });
        go.countDown();

        assertThat(closing.get()).isTrue();
        for (var call : calls) {
            call.get();
        }
    }

    @Test
    void aCallThatClosesItsOwnGateDoesNotWaitForEver() throws Exception {
        assertThat(gate.<Boolean, StorageException>call(() -> close(Duration.ofMillis(1))))
                .isFalse();
        assertThat(close(Duration.ZERO)).isTrue();
    }

    @Test
    void waitingCanBeInterrupted() throws Exception {
        var inside = new CountDownLatch(1);
        var go = new CountDownLatch(1);
        var call = pool.submit((Callable<Void>) () -> gate.call(() -> {
            inside.countDown();
            go.await();
            return null;
        }));
        inside.await();
        var interrupted = new AtomicBoolean();
        var closing = pool.submit(() -> {
            Thread.currentThread().interrupt();
            try {
                return close(LONG);
            } finally {
                interrupted.set(Thread.interrupted());
            }
        });

        assertThatThrownBy(closing::get)
                .isInstanceOf(ExecutionException.class)
                .cause()
                .isInstanceOfSatisfying(
                        StorageException.class, e -> assertThat(e.kind()).isEqualTo(Kind.INTERRUPTED));
        assertThat(interrupted).isTrue();
        assertThat(gate.isClosed()).isTrue();
        go.countDown();
        call.get();
    }

    /** Whoever is let in finds what stands behind the gate in place, whatever the moment of closing. */
    @Test
    void noCallSlipsPastWhileTheGateIsSwungByManyThreads() throws Exception {
        var present = new AtomicBoolean(true);
        var wrong = new AtomicInteger();
        var done = new AtomicBoolean();
        var calls = new AtomicInteger();
        var refused = new AtomicInteger();
        var workers = new ArrayList<Future<?>>();
        for (var i = 0; i < THREADS; i++) {
            workers.add(pool.submit(() -> {
                while (!done.get()) {
                    try {
                        gate.run(() -> {
                            if (!present.get()) {
                                wrong.incrementAndGet();
                            }
                            Thread.onSpinWait();
                            if (!present.get()) {
                                wrong.incrementAndGet();
                            }
                        });
                        calls.incrementAndGet();
                    } catch (StorageException e) {
                        refused.incrementAndGet();
                    }
                }
            }));
        }
        for (var round = 0; round < 2000; round++) {
            assertThat(close(LONG)).isTrue();
            assertThat(gate.inside()).isZero();
            present.set(false);
            Thread.onSpinWait();
            present.set(true);
            gate.open();
        }
        done.set(true);
        for (var worker : workers) {
            worker.get();
        }

        assertThat(wrong).hasValue(0);
        assertThat(calls.get() + refused.get()).isPositive();
        assertThat(gate.inside()).isZero();
    }

    /** Waits until a thread of ours waits at the gate, or anywhere. */
    private static void awaitWaiting(Thread thread) {
        while (thread.getState() != Thread.State.TIMED_WAITING) {
            Thread.onSpinWait();
        }
    }

    private Future<String> comes(CountDownLatch started, Thread[] thread) {
        return pool.submit(() -> {
            thread[0] = Thread.currentThread();
            started.countDown();
            return gate.<String, StorageException>call(() -> "through");
        });
    }

    @Test
    void aHeldGateLetsCallsWaitUntilItOpens() throws Exception {
        gate.hold(why, LONG);
        var threads = new ArrayList<Thread[]>();
        var calls = new ArrayList<Future<String>>();
        for (var i = 0; i < THREADS; i++) {
            var thread = new Thread[1];
            var started = new CountDownLatch(1);
            calls.add(comes(started, thread));
            started.await();
            threads.add(thread);
        }
        threads.forEach(thread -> awaitWaiting(thread[0]));
        assertThat(gate.drain(Duration.ZERO))
                .as("those who wait are not inside")
                .isTrue();
        assertThat(calls).noneMatch(Future::isDone);

        gate.open();

        for (var call : calls) {
            assertThat(call.get()).isEqualTo("through");
        }
        assertThat(gate.inside()).isZero();
    }

    @Test
    void atTheDeadlineWhoeverWaitsIsToldWhy() {
        gate.hold(why, Duration.ofMillis(1));

        assertThatThrownBy(() -> gate.run(() -> {}))
                .hasMessage("shut")
                .isInstanceOfSatisfying(StorageException.class, e -> {
                    assertThat(e.kind()).isEqualTo(Kind.CLOSED);
                    assertThat(e.advice()).isEqualTo("knock");
                });
        assertThat(gate.inside()).isZero();
    }

    @Test
    void shuttingAHeldGateSendsWaitingCallsAway() throws Exception {
        gate.hold(StorageException.of(Kind.TIMEOUT, "too long"), LONG);
        var thread = new Thread[1];
        var started = new CountDownLatch(1);
        var call = comes(started, thread);
        started.await();
        awaitWaiting(thread[0]);

        gate.shut(why);

        assertThatThrownBy(call::get).hasRootCauseMessage("shut");
    }

    @Test
    void aWaitingCallCanBeInterrupted() throws Exception {
        gate.hold(why, LONG);
        var thread = new Thread[1];
        var flag = new AtomicBoolean();
        var started = new CountDownLatch(1);
        var call = pool.submit(() -> {
            thread[0] = Thread.currentThread();
            started.countDown();
            try {
                gate.run(() -> {});
                return null;
            } finally {
                flag.set(Thread.interrupted());
            }
        });
        started.await();
        awaitWaiting(thread[0]);

        thread[0].interrupt();

        assertThatThrownBy(call::get)
                .cause()
                .isInstanceOfSatisfying(
                        StorageException.class, e -> assertThat(e.kind()).isEqualTo(Kind.INTERRUPTED));
        assertThat(flag).as("the flag stays set").isTrue();
        assertThat(gate.inside()).isZero();
    }

    @Test
    void anInterruptedThreadStillEntersAnOpenGate() throws Exception {
        Thread.currentThread().interrupt();
        assertThat(gate.<String, StorageException>call(() -> "x")).isEqualTo("x");
        assertThat(Thread.interrupted()).isTrue();
    }

    /** What a call makes of its own is part of it: it would otherwise wait for itself. */
    @Test
    void callsInsideCallsPassAClosedGate() throws Exception {
        var result = gate.<String, StorageException>call(() -> {
            gate.hold(why, LONG);
            assertThat(gate.isInside()).isTrue();
            var nested = gate.<String, StorageException>call(() -> gate.call(() -> "nested"));
            assertThat(gate.inside()).isEqualTo(1);
            assertThat(gate.drain(LONG)).as("its own call is left").isFalse();
            return nested;
        });

        assertThat(result).isEqualTo("nested");
        assertThat(gate.isInside()).isFalse();
        assertThat(gate.drain(Duration.ZERO)).isTrue();
        gate.shut(why);
        assertThatThrownBy(() -> gate.run(() -> {})).hasMessage("shut");
    }

    /** The one whose thread closes the gate is waited for by nobody; all the others are. */
    @Test
    void aCallThatClosesItsOwnGateWaitsForTheOthersOnly() throws Exception {
        var inside = new CountDownLatch(1);
        var go = new CountDownLatch(1);
        var other = pool.submit((Callable<Void>) () -> gate.call(() -> {
            inside.countDown();
            go.await();
            return null;
        }));
        inside.await();
        gate.<Void, Exception>call(() -> {
            gate.hold(why, LONG);
            go.countDown();
            assertThat(gate.drain(LONG)).isFalse();
            assertThat(gate.inside()).as("the other has left").isEqualTo(1);
            return null;
        });
        other.get();
    }

    @Test
    void theLastCallToLeaveAClosedGateTellsSo() throws Exception {
        var told = new AtomicInteger();
        gate.<Void, StorageException>call(() -> {
            gate.hold(why, LONG);
            gate.whenEmpty(told::incrementAndGet);
            gate.run(() -> {});
            assertThat(told).hasValue(0);
            return null;
        });
        assertThat(told).hasValue(1);
        gate.whenEmpty(told::incrementAndGet);
        assertThat(told).as("empty already").hasValue(2);

        gate.open();
        gate.run(() -> gate.hold(why, LONG));
        assertThat(told).as("an opened gate has forgotten it").hasValue(2);
    }

    /** Calls that wait get through, whenever the gate swings, and none is inside while it is exchanged. */
    @Test
    void nothingIsLostAndNothingSlipsPastWhileTheGateIsHeldAgainAndAgain() throws Exception {
        var present = new AtomicBoolean(true);
        var wrong = new AtomicInteger();
        var done = new AtomicBoolean();
        var workers = new ArrayList<Future<Integer>>();
        for (var i = 0; i < THREADS; i++) {
            workers.add(pool.submit(() -> {
                var calls = 0;
                while (!done.get()) {
                    gate.run(() -> {
                        if (!present.get()) {
                            wrong.incrementAndGet();
                        }
                        gate.run(Thread::onSpinWait);
                        if (!present.get()) {
                            wrong.incrementAndGet();
                        }
                    });
                    calls++;
                }
                return calls;
            }));
        }
        for (var round = 0; round < 2000; round++) {
            gate.hold(why, LONG);
            assertThat(gate.drain(LONG)).isTrue();
            assertThat(gate.inside()).isZero();
            present.set(false);
            Thread.onSpinWait();
            present.set(true);
            gate.open();
        }
        done.set(true);
        for (var worker : workers) {
            assertThat(worker.get()).as("no call failed").isNotNegative();
        }

        assertThat(wrong).hasValue(0);
        assertThat(gate.inside()).isZero();
    }
}
