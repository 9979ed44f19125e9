package storage.selector.gate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import storage.api.LayerCheck;
import storage.api.LayerId;
import storage.api.LayerOptions;
import storage.api.LayerStore;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.api.driver.DriverHome;
import storage.linux.Linux;
import storage.selector.state.Holders;
import storage.vfs.VfsDriver;

/** The exchange over a real backend: what streams, files and abilities that are in use go through. */
@Timeout(120)
@SuppressWarnings("InputStreamSlowMultibyteRead")
class ExchangeTest {
    private static final LayerId BOX = new LayerId("box");
    private static final LayerId IMAGE = new LayerId("image");
    private static final Duration LONG = Duration.ofSeconds(60);

    @TempDir
    Path root;

    private final StorageException tooLong = StorageException.of(Kind.TIMEOUT, "too long");
    private final StorageException endedWhy = StorageException.of(Kind.TIMEOUT, "ended", "again");

    private final ExecutorService pool = Executors.newCachedThreadPool();
    private GatedStore store;
    private Exchange exchange;
    private byte[] archive;

    @BeforeEach
    void open() throws IOException {
        store = new GatedStore(inner(), LONG, () -> {});
        exchange = store.exchange();
        store.createReadWrite(BOX, Optional.empty(), LayerOptions.NONE);
        try (var mount = store.mount(BOX)) {
            Files.writeString(mount.path().resolve("file"), "content");
        }
        var out = new ByteArrayOutputStream();
        store.diff(BOX, Optional.empty(), out);
        archive = out.toByteArray();
        store.create(IMAGE, Optional.empty(), LayerOptions.NONE);
    }

    @AfterEach
    void close() throws Exception {
        pool.shutdownNow();
        assertThat(pool.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
        if (!exchange.isAttached()) {
            exchange.serve(inner());
        }
        store.close();
    }

    private Inner inner() throws IOException {
        var opened = new VfsDriver(Linux.syscalls()).open(DriverHome.at(root));
        return new Inner(opened, Holders.forWriting(root, opened.info().state(), "boot"));
    }

    private void swap() throws IOException {
        exchange.hold(LONG, tooLong);
        assertThat(exchange.letGo(LONG, endedWhy)).isTrue();
        exchange.serve(inner());
    }

    private static void ended(Future<?> call) {
        assertThatThrownBy(call::get).cause().isInstanceOfSatisfying(StorageException.class, e -> {
            assertThat(e.kind()).isEqualTo(Kind.TIMEOUT);
            assertThat(e).hasMessageContaining("ended");
            assertThat(e.advice()).isEqualTo("again");
        });
    }

    /** The layer is as it was before: it can be filled. */
    private void isEmptyAndCanBeFilled() throws IOException {
        exchange.serve(inner());
        assertThat(store.changes(IMAGE, Optional.empty())).isEmpty();
        store.applyDiff(IMAGE, new ByteArrayInputStream(archive));
        assertThat(store.diffSize(IMAGE, Optional.empty())).isEqualTo(7);
    }

    @Test
    void holdsAreGivenBackWhileThereIsNoStore() throws Exception {
        store.get(BOX, "");
        store.get(BOX, "");
        withdraw();

        store.put(BOX);
        assertThat(exchange.holdsOfProcess()).containsExactly(entry(BOX, 1));
        store.put(BOX);
        assertThat(exchange.holdsOfProcess()).isEmpty();
        assertThatThrownBy(() -> store.put(BOX)).hasMessage("ended");

        var put = new ArrayList<LayerId>();
        exchange.serve(recordingPuts(put));
        assertThat(put).as("unmounted as soon as somebody can").containsExactly(BOX);
        store.remove(BOX);
    }

    @Test
    void holdsThatAreLeftStayMounted() throws Exception {
        store.get(BOX, "");
        store.get(BOX, "");
        withdraw();
        store.put(BOX);

        var put = new ArrayList<LayerId>();
        exchange.serve(recordingPuts(put));
        assertThat(put).isEmpty();
        assertThatThrownBy(() -> store.remove(BOX)).hasMessageContaining("held by process");
        store.put(BOX);
        assertThat(put).containsExactly(BOX);
    }

    @Test
    void nothingIsGivenBackToAStoreThatDoesNotComeBack() throws Exception {
        store.get(BOX, "");
        withdraw();
        exchange.refuse(tooLong);

        assertThatThrownBy(() -> store.put(BOX)).hasMessage("too long");
        assertThat(exchange.holdsOfProcess()).containsExactly(entry(BOX, 1));
    }

    private void withdraw() throws StorageException {
        exchange.hold(LONG, tooLong);
        assertThat(exchange.letGo(LONG, endedWhy)).isTrue();
        exchange.withdraw(endedWhy);
    }

    private Inner recordingPuts(List<LayerId> put) throws IOException {
        var opened = inner();
        var recording = (LayerStore) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {LayerStore.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("put")) {
                        put.add((LayerId) arguments[0]);
                    }
                    try {
                        return method.invoke(opened.store(), arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
        return new Inner(recording, opened.holders());
    }

    @Test
    void anArchiveThatNobodyEndsIsEnded() throws Exception {
        var interrupted = new AtomicBoolean();
        try (var in = new PipedInputStream();
                var feed = new PipedOutputStream(in)) {
            var begun = new CountDownLatch(1);
            var filling = pool.submit(() -> {
                try {
                    return store.applyDiff(IMAGE, new Signalling(in, begun));
                } finally {
                    interrupted.set(Thread.interrupted());
                }
            });
            feed.write(archive, 0, 600);
            feed.flush();
            begun.await();

            exchange.hold(LONG, tooLong);
            assertThat(exchange.letGo(Duration.ZERO, endedWhy)).isTrue();

            ended(filling);
            assertThat(interrupted)
                    .as("a flag of ours that is left to the caller")
                    .isFalse();
        }
        isEmptyAndCanBeFilled();
    }

    /** As a read from a socket: only closing it helps. */
    @Test
    void anArchiveThatCannotBeInterruptedIsClosed() throws Exception {
        var closed = new CountDownLatch(1);
        var begun = new CountDownLatch(1);
        var filling = pool.submit(() -> store.applyDiff(IMAGE, new InputStream() {
            @Override
            public int read() throws IOException {
                begun.countDown();
                while (true) {
                    try {
                        closed.await();
                        throw new IOException("closed under me");
                    } catch (InterruptedException e) {
                        // deaf to it
                    }
                }
            }

            @Override
            public void close() {
                closed.countDown();
            }
        }));
        begun.await();

        exchange.hold(LONG, tooLong);
        assertThat(exchange.letGo(Duration.ZERO, endedWhy)).isTrue();

        ended(filling);
        isEmptyAndCanBeFilled();
    }

    /** The caller's stream notices the interruption and leaves the flag: the backend does not see it, nor does the caller. */
    @Test
    void aDifferenceThatNobodyReadsIsEnded() throws Exception {
        var begun = new CountDownLatch(1);
        var interrupted = new AtomicBoolean();
        var writing = pool.submit(() -> {
            try {
                store.diff(BOX, Optional.empty(), new OutputStream() {
                    @Override
                    public void write(int value) throws IOException {
                        begun.countDown();
                        while (!Thread.currentThread().isInterrupted()) {
                            Thread.onSpinWait();
                        }
                        throw new IOException("stopped");
                    }
                });
            } finally {
                interrupted.set(Thread.interrupted());
            }
            return null;
        });
        begun.await();

        exchange.hold(LONG, tooLong);
        assertThat(exchange.letGo(Duration.ZERO, endedWhy)).isTrue();

        ended(writing);
        assertThat(interrupted).isFalse();
    }

    /** The thread that fills a layer asks for the exchange from inside its stream: its call is ended, then it is done. */
    @Test
    void anExchangeAskedForFromInsideACall() throws Exception {
        var left = new AtomicInteger();
        var bytes = new ByteArrayInputStream(archive);

        assertThatThrownBy(() -> store.applyDiff(IMAGE, new InputStream() {
                    @Override
                    public int read(byte[] into, int offset, int length) throws IOException {
                        if (!exchange.gate().isClosed()) {
                            exchange.hold(LONG, tooLong);
                            assertThat(exchange.isInside()).isTrue();
                            assertThat(exchange.letGo(LONG, endedWhy)).isFalse();
                            exchange.whenEmpty(left::incrementAndGet);
                            assertThat(store.exists(BOX))
                                    .as("a call of its own")
                                    .isTrue();
                        }
                        return bytes.read(into, offset, length);
                    }

                    @Override
                    public int read() {
                        return bytes.read();
                    }
                }))
                .isInstanceOfSatisfying(
                        StorageException.class, e -> assertThat(e.advice()).isEqualTo("again"));

        assertThat(left).hasValue(1);
        assertThat(exchange.letGo(Duration.ZERO, endedWhy)).isTrue();
        isEmptyAndCanBeFilled();
    }

    @Test
    void callsThatComeMeanwhileGoOnInTheNextStore() throws Exception {
        exchange.hold(LONG, tooLong);
        var thread = new Thread[1];
        var started = new CountDownLatch(1);
        var call = pool.submit(() -> {
            thread[0] = Thread.currentThread();
            started.countDown();
            return store.exists(BOX);
        });
        started.await();
        while (thread[0].getState() != Thread.State.TIMED_WAITING) {
            Thread.onSpinWait();
        }
        assertThat(exchange.letGo(LONG, endedWhy)).isTrue();
        assertThat(exchange.isAttached()).isFalse();
        exchange.serve(inner());

        assertThat(call.get()).isTrue();
    }

    @Test
    void filesOutliveTheStoreThatTheyCameFrom() throws Exception {
        try (var files = store.files(BOX);
                var before = files.open("file")) {
            swap();
            assertThat(before.readAllBytes()).isEqualTo("content".getBytes(StandardCharsets.UTF_8));
            try (var after = files.open("file")) {
                assertThat(after.readAllBytes()).hasSize(7);
            }
            swap();
        }
        var files = store.files(BOX);
        files.close();
        assertThatThrownBy(() -> files.open("file")).hasMessageContaining("were closed");
        assertThat(exchange.files()).isEmpty();
    }

    @Test
    void abilitiesAreThoseOfTheStoreThatIsThere() throws Exception {
        var check = store.ability(LayerCheck.class).orElseThrow();
        swap();
        assertThat(check.findings()).isEmpty();
        exchange.refuse(StorageException.of(Kind.CLOSED, "gone"));
        assertThatThrownBy(check::findings).hasMessage("gone");
        assertThatThrownBy(() -> store.ability(LayerCheck.class).orElseThrow().findings())
                .hasMessage("gone");
    }

    @Test
    void whatIsOpenIsNotReplaced() {
        assertThatThrownBy(() -> exchange.serve(new Inner(null, null))).isInstanceOf(RuntimeException.class);
    }

    @Test
    void anInterruptedDrainLeavesTheStoreOpen() throws Exception {
        var inside = new CountDownLatch(1);
        var go = new CountDownLatch(1);
        var call = pool.submit(() -> {
            store.diff(BOX, Optional.empty(), new OutputStream() {
                @Override
                public void write(int value) {
                    inside.countDown();
                    while (go.getCount() > 0) {
                        Thread.onSpinWait();
                    }
                }
            });
            return null;
        });
        inside.await();
        exchange.hold(LONG, tooLong);
        Thread.currentThread().interrupt();

        assertThatThrownBy(() -> exchange.letGo(LONG, endedWhy))
                .isInstanceOfSatisfying(
                        StorageException.class, e -> assertThat(e.kind()).isEqualTo(Kind.INTERRUPTED));

        assertThat(Thread.interrupted()).isTrue();
        assertThat(exchange.isAttached()).isTrue();
        go.countDown();
        call.get();
        exchange.resume();
        assertThat(store.exists(BOX)).isTrue();
    }

    /** Tells when the second read has begun: what was sent first has arrived. */
    private static final class Signalling extends java.io.FilterInputStream {
        private final CountDownLatch begun;
        private int reads;

        Signalling(InputStream in, CountDownLatch begun) {
            super(in);
            this.begun = begun;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            if (++reads > 1) {
                begun.countDown();
            }
            return super.read(bytes, offset, length);
        }
    }
}
