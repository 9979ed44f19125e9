package storage.common.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import storage.api.LayerId;
import storage.api.StorageException;

@SuppressWarnings("try") // locks are held, not used
class IdLocksTest {
    private static final LayerId A = new LayerId("a");
    private static final LayerId B = new LayerId("b");

    private final java.util.concurrent.ExecutorService others = Executors.newFixedThreadPool(4);

    @AfterEach
    void end() {
        others.shutdownNow();
    }

    private <T> T elsewhere(Callable<T> work) throws Exception {
        return others.submit(work).get(60, TimeUnit.SECONDS);
    }

    private static StorageException.Kind refusal(IdLocks locks, LayerId id) {
        var failure = catchThrowable(() -> locks.lock(id).close());
        return failure == null ? null : ((StorageException) failure).kind();
    }

    @Test
    void oneIdIsTakenOnceOthersAreFree() throws Exception {
        var locks = new IdLocks(Duration.ZERO);
        try (var held = locks.lock(A)) {
            assertThat(elsewhere(() -> refusal(locks, A))).isEqualTo(StorageException.Kind.TIMEOUT);
            assertThat(elsewhere(() -> refusal(locks, B))).isNull();
        }
        assertThat(elsewhere(() -> refusal(locks, A))).isNull();
    }

    @Test
    void readersShareAndKeepWritersOut() throws Exception {
        var locks = new IdLocks(Duration.ZERO);
        try (var held = locks.share(A)) {
            assertThat(elsewhere(() -> {
                        locks.share(A).close();
                        return true;
                    }))
                    .isTrue();
            assertThat(elsewhere(() -> refusal(locks, A))).isEqualTo(StorageException.Kind.TIMEOUT);
        }
    }

    @Test
    void nothingIsLeftWhenNobodyHoldsOrWaits() throws Exception {
        var locks = new IdLocks(Duration.ZERO);
        try (var held = locks.take(Set.of(A), Set.of(B))) {
            elsewhere(() -> refusal(locks, A));
            assertThat(locks.size()).isEqualTo(2);
            held.close();
        }
        assertThat(locks.size()).isZero();
    }

    @Test
    void severalAreTakenAllOrNone() throws Exception {
        var locks = new IdLocks(Duration.ZERO);
        try (var held = locks.lock(B)) {
            assertThat(elsewhere(() -> catchThrowable(() -> locks.take(Set.of(A, B), Set.of()))))
                    .isInstanceOf(StorageException.class);
            assertThat(elsewhere(() -> refusal(locks, A))).isNull();
        }
    }

    @Test
    void waitIsInterruptedButNotTheTakingOfWhatIsFree() throws Exception {
        var locks = new IdLocks(Duration.ofMinutes(1));
        Thread.currentThread().interrupt();
        locks.lock(A).close();
        assertThat(Thread.interrupted()).isTrue();

        var taken = new CountDownLatch(1);
        var release = new CountDownLatch(1);
        var holder = others.submit(() -> {
            try (var held = locks.lock(A)) {
                taken.countDown();
                release.await();
            }
            return null;
        });
        taken.await();
        Thread.currentThread().interrupt();
        assertThat(refusal(locks, A)).isEqualTo(StorageException.Kind.INTERRUPTED);
        assertThat(Thread.interrupted()).isTrue();

        // one that must not be interrupted waits on, and the flag is there when it is done
        Thread.currentThread().interrupt();
        others.execute(release::countDown);
        locks.lockUninterruptibly(A).close();
        assertThat(Thread.interrupted()).isTrue();
        holder.get(60, TimeUnit.SECONDS);
        assertThat(locks.size()).isZero();
    }
}
