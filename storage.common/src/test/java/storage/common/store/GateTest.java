package storage.common.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import storage.api.StorageException;

class GateTest {
    private final AtomicInteger released = new AtomicInteger();
    private final Gate gate = new Gate("The store", released::incrementAndGet);

    @Test
    void emptyGateReleasesOnce() throws Exception {
        gate.enter();
        gate.leave();
        gate.close(Duration.ZERO);
        gate.close(Duration.ZERO);
        assertThat(released).hasValue(1);
        assertThatThrownBy(gate::enter).hasMessageContaining("The store is closed");
    }

    @Test
    void lastCallReleasesWhenClosingCouldNotWait() throws Exception {
        gate.enter();
        gate.enter();
        var failure = (StorageException) catchThrowable(() -> gate.close(Duration.ZERO));
        assertThat(failure.kind()).isEqualTo(StorageException.Kind.TIMEOUT);
        gate.leave();
        assertThat(released).hasValue(0);
        gate.leave();
        assertThat(released).hasValue(1);
        gate.close(Duration.ZERO);
        assertThat(released).hasValue(1);
    }

    @Test
    void closingWaitsForThoseInside() throws Exception {
        gate.enter();
        var closing = CompletableFuture.runAsync(() -> {
            try {
                gate.close(Duration.ofMinutes(1));
            } catch (java.io.IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });
        while (catchThrowable(() -> {
                    gate.enter();
                    gate.leave();
                })
                == null) {
            Thread.onSpinWait();
        }
        assertThat(released).hasValue(0);
        gate.leave();
        closing.get(60, TimeUnit.SECONDS);
        assertThat(released).hasValue(1);
    }

    @Test
    void interruptedClosingLeavesTheReleaseToTheLast() throws Exception {
        gate.enter();
        Thread.currentThread().interrupt();
        var failure = (StorageException) catchThrowable(() -> gate.close(Duration.ofMinutes(1)));
        assertThat(failure.kind()).isEqualTo(StorageException.Kind.INTERRUPTED);
        assertThat(Thread.interrupted()).isTrue();
        gate.leave();
        assertThat(released).hasValue(1);
    }
}
