package storage.common.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import storage.api.StorageException;
import storage.api.StorageException.Kind;

class PumpTest {
    private static final String NAME = "storage-pump-test";

    @AfterEach
    void noThreadIsLeft() {
        assertThat(Thread.getAllStackTraces().keySet())
                .noneMatch(thread -> thread.getName().equals(NAME));
        assertThat(Thread.interrupted()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 65535, 65536, 65537, 3_000_000})
    void allBytesComeThrough(int size) throws IOException {
        var bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        try (var pump = new Pump(NAME, out -> out.write(bytes))) {
            assertThat(pump.readAllBytes()).isEqualTo(bytes);
            assertThat(pump.read()).isEqualTo(-1);
        }
    }

    @Test
    void failureComesAfterTheBytesBeforeIt() throws IOException {
        var first = new byte[100_000];
        Arrays.fill(first, (byte) 7);
        try (var pump = new Pump(NAME, out -> {
            out.write(first);
            throw new IOException("cut off");
        })) {
            assertThat(pump.readNBytes(first.length)).isEqualTo(first);
            assertThatThrownBy(pump::read).isInstanceOf(IOException.class).hasMessage("cut off");
            assertThatThrownBy(pump::read).as("again").isInstanceOf(IOException.class);
        }
    }

    @Test
    void errorOfTheOtherThreadIsToldToo() throws IOException {
        try (var pump = new Pump(NAME, out -> {
            throw new AssertionError("broken");
        })) {
            assertThatThrownBy(pump::read).isInstanceOf(IOException.class).hasRootCauseMessage("broken");
        }
    }

    @Test
    void closingEndsAThreadThatWrites() throws IOException {
        var pump = new Pump(NAME, out -> {
            while (true) {
                out.write(new byte[1 << 16]);
            }
        });
        assertThat(pump.read()).isZero();
        pump.close();
        pump.close();
    }

    @Test
    void interruptedReaderIsToldAndTheThreadEnds() throws IOException {
        var never = new CountDownLatch(1);
        try (var pump = new Pump(NAME, out -> {
            try {
                never.await();
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
        })) {
            Thread.currentThread().interrupt();
            assertThatThrownBy(pump::read)
                    .isInstanceOfSatisfying(
                            StorageException.class, e -> assertThat(e.kind()).isEqualTo(Kind.INTERRUPTED));
        }
        assertThat(Thread.interrupted()).as("the flag stays").isTrue();
    }
}
