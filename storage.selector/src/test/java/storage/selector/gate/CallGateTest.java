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
        assertThat(gate.close(why, Duration.ZERO)).isTrue();

        assertThatThrownBy(() -> gate.call(() -> "x")).isInstanceOfSatisfying(StorageException.class, e -> {
            assertThat(e.kind()).isEqualTo(Kind.CLOSED);
            assertThat(e).hasMessage("shut");
            assertThat(e.advice()).isEqualTo("knock");
        });
        gate.reopen();
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
        assertThat(gate.close(why, Duration.ZERO)).as("calls are inside").isFalse();

        var closing = pool.submit(() -> {
            var empty = gate.close(why, LONG);
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
        assertThat(gate.<Boolean, StorageException>call(() -> gate.close(why, Duration.ofMillis(1))))
                .isFalse();
        assertThat(gate.close(why, Duration.ZERO)).isTrue();
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
                return gate.close(why, LONG);
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
            assertThat(gate.close(why, LONG)).isTrue();
            assertThat(gate.inside()).isZero();
            present.set(false);
            Thread.onSpinWait();
            present.set(true);
            gate.reopen();
        }
        done.set(true);
        for (var worker : workers) {
            worker.get();
        }

        assertThat(wrong).hasValue(0);
        assertThat(calls.get() + refused.get()).isPositive();
        assertThat(gate.inside()).isZero();
    }
}
