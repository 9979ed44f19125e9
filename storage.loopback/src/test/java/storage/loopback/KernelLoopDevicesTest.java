package storage.loopback;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.api.loop.LoopDevices;
import storage.api.loop.LoopDevices.Options;
import storage.linux.Errno;
import storage.linux.Linux;
import storage.testkit.Require;
import storage.testkit.linux.FailingSyscalls;

class KernelLoopDevicesTest {
    private static final long LOOP_CONFIGURE = 0x4c0a;

    @TempDir
    Path folder;

    private LoopDevices loops = new KernelLoopDevices(Linux.syscalls());
    private final List<Path> attached = new ArrayList<>();

    /** Kernels with and without {@code LOOP_CONFIGURE}. */
    enum Kernel {
        NEW,
        OLD;

        LoopDevices loops() {
            var real = Linux.syscalls();
            return new KernelLoopDevices(
                    this == NEW
                            ? real
                            : FailingSyscalls.around(real)
                                    .failIoctl(LOOP_CONFIGURE, Errno.EINVAL)
                                    .syscalls());
        }
    }

    @BeforeEach
    void needsLoopDevices() {
        Require.root();
        Require.feature("loop", Files.exists(Path.of("/dev/loop-control")), "no /dev/loop-control");
    }

    @AfterEach
    void detachAll() throws StorageException {
        for (var device : attached) {
            if (loops.backingFile(device).isPresent()) {
                loops.detach(device);
            }
        }
    }

    private Path file(String name, int mebibytes) throws IOException {
        var file = folder.resolve(name);
        try (var content = new RandomAccessFile(file.toFile(), "rw")) {
            content.setLength((long) mebibytes << 20);
        }
        return file;
    }

    private Path attach(Path file, Options options) throws StorageException {
        var device = loops.attach(file, options);
        attached.add(device);
        return device;
    }

    private static long size(Path device) throws IOException {
        return sectors(device) * 512;
    }

    private static long sectors(Path device) throws IOException {
        return Long.parseLong(
                Files.readString(Path.of("/sys/block", device.getFileName().toString(), "size"))
                        .trim());
    }

    private static String setting(Path device, String name) throws IOException {
        return Files.readString(Path.of("/sys/block", device.getFileName().toString(), name))
                .trim();
    }

    @ParameterizedTest
    @EnumSource
    void whatIsWrittenToTheDeviceIsInTheFile(Kernel kernel) throws Exception {
        loops = kernel.loops();
        var file = file("image", 2);
        var device = attach(file, Options.DEFAULT);
        assertThat(device.toString()).matches("/dev/loop\\d+");
        assertThat(sectors(device)).isEqualTo(4096);
        try (var out = FileChannel.open(device, StandardOpenOption.WRITE)) {
            out.write(java.nio.ByteBuffer.wrap("hello".getBytes(java.nio.charset.StandardCharsets.US_ASCII)), 4096);
            out.force(true);
        }
        try (var in = new RandomAccessFile(file.toFile(), "r")) {
            in.seek(4096);
            var read = new byte[5];
            in.readFully(read);
            assertThat(read).asString().isEqualTo("hello");
        }
        loops.detach(device);
        assertThat(loops.backingFile(device)).isEmpty();
        refused(Kind.NOT_FOUND, () -> loops.detach(device));
        refused(Kind.NOT_FOUND, () -> loops.refreshCapacity(device));
    }

    @ParameterizedTest
    @EnumSource
    void optionsCount(Kernel kernel) throws Exception {
        loops = kernel.loops();
        var file = file("image", 2);
        var readOnly = attach(file, new Options(true, false, false, 4096));
        assertThat(setting(readOnly, "ro")).isEqualTo("1");
        assertThat(setting(readOnly, "queue/logical_block_size")).isEqualTo("4096");
        var cleared = attach(file("other", 1), new Options(false, true, false, 0));
        assertThat(setting(cleared, "ro")).isEqualTo("0");
    }

    /** Which filesystems can do it differs with the kernel; that it is done or refused does not. */
    @ParameterizedTest
    @EnumSource
    void directInputOutputIsWhatWasAskedForOrRefused(Kernel kernel) throws Exception {
        loops = kernel.loops();
        var file = file("image", 1);
        assertThat(setting(attach(file("buffered", 1), Options.DEFAULT), "loop/dio"))
                .isEqualTo("0");
        try {
            var device = attach(file, new Options(false, false, true, 4096));
            assertThat(setting(device, "loop/dio")).isEqualTo("1");
        } catch (StorageException e) {
            assertThat(e.kind()).as(e.toString()).isEqualTo(Kind.NOT_SUPPORTED);
            assertThat(loops.find(file)).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {-512, 1, 256, 1000, 4097})
    void sectorsAreAPowerOfTwo(int size) {
        assertThatThrownBy(() -> new Options(false, false, false, size)).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @EnumSource
    void sectorsLargerThanAPageAreRefused(Kernel kernel) throws Exception {
        loops = kernel.loops();
        var file = file("image", 1);
        refused(Kind.INVALID, () -> attach(file, new Options(false, false, false, 1 << 20)));
        assertThat(loops.find(file)).isEmpty();
    }

    @Test
    void autoclearDetachesAfterTheLastUser() throws Exception {
        var device = attach(file("image", 1), new Options(false, true, false, 0));
        // this is the first user that is not the attaching descriptor itself
        FileChannel.open(device).close();
        assertThat(loops.backingFile(device)).isEmpty();
    }

    @Test
    void deviceIsFoundByFileWhateverItsName() throws Exception {
        var file = file("a file with blanks and \u00e4", 1);
        var other = file("other", 1);
        assertThat(loops.find(file)).isEmpty();
        var device = attach(file, Options.DEFAULT);
        assertThat(loops.find(file)).contains(device);
        assertThat(loops.find(other)).isEmpty();
        assertThat(loops.backingFile(device)).contains(file.toRealPath());
        var link = Files.createLink(folder.resolve("link"), file);
        Files.delete(file);
        assertThat(loops.find(link)).contains(device);
        assertThat(loops.backingFile(device)).as("the last known name").contains(file);
        refused(Kind.NOT_FOUND, () -> loops.find(file));
    }

    @Test
    void longNamesComeBackWhole() throws Exception {
        var deep = Files.createDirectories(folder.resolve("x".repeat(100)).resolve("y".repeat(100)));
        var file = deep.resolve("image");
        Files.write(file, new byte[1 << 20]);
        assertThat(loops.backingFile(attach(file, Options.DEFAULT))).contains(file);
    }

    @Test
    void capacityFollowsTheFile() throws Exception {
        var file = file("image", 1);
        var device = attach(file, Options.DEFAULT);
        file("image", 3);
        assertThat(size(device)).isEqualTo(1 << 20);
        loops.refreshCapacity(device);
        assertThat(size(device)).isEqualTo(3 << 20);
    }

    @Test
    void whatIsNoFileIsRefused() throws Exception {
        refused(Kind.NOT_FOUND, () -> loops.attach(folder.resolve("none"), Options.DEFAULT));
        refused(Kind.INVALID, () -> loops.attach(folder, new Options(true, false, false, 0)));
        refused(Kind.INVALID, () -> loops.attach(folder, Options.DEFAULT));
        refused(Kind.INVALID, () -> loops.detach(Path.of("/dev/null")));
        refused(Kind.INVALID, () -> loops.detach(file("file", 1)));
        refused(Kind.NOT_FOUND, () -> loops.backingFile(folder.resolve("none")));
    }

    @Test
    void devicesThatOthersTakeFirstAreTriedAgain() throws Exception {
        var kernel = FailingSyscalls.around(Linux.syscalls());
        var busy = new KernelLoopDevices(kernel.syscalls());
        var file = file("image", 1);
        // the calls of one attachment: free, configure; the first two devices are taken by others
        kernel.fail("ioctl", 2, Errno.EBUSY).fail("ioctl", 4, Errno.EBUSY);
        var device = busy.attach(file, Options.DEFAULT);
        attached.add(device);
        assertThat(loops.backingFile(device)).contains(file);
        kernel.reset().failIoctl(LOOP_CONFIGURE, Errno.EBUSY);
        refused(Kind.TIMEOUT, () -> busy.attach(file, Options.DEFAULT));
    }

    @Test
    void halfAttachedDeviceIsDetached() throws Exception {
        var kernel = FailingSyscalls.around(Linux.syscalls()).failIoctl(LOOP_CONFIGURE, Errno.EINVAL);
        // free, configure, set descriptor, set status
        kernel.fail("ioctl", 4, Errno.EIO);
        var file = file("image", 1);
        refused(Kind.IO, () -> new KernelLoopDevices(kernel.syscalls()).attach(file, Options.DEFAULT));
        assertThat(loops.find(file)).isEmpty();
    }

    @Test
    void manyAtOnceGetADeviceEach() throws Exception {
        var threads = Executors.newFixedThreadPool(8);
        try {
            var results = new ArrayList<Future<Path>>();
            for (var i = 0; i < 16; i++) {
                var file = file("image-" + i, 1);
                results.add(threads.submit(() -> loops.attach(file, Options.DEFAULT)));
            }
            for (var result : results) {
                attached.add(result.get());
            }
            assertThat(new HashSet<>(attached)).hasSize(16);
        } finally {
            threads.shutdownNow();
        }
    }

    private static void refused(Kind kind, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        StorageException.class,
                        e -> assertThat(e.kind()).as(e.getMessage()).isEqualTo(kind));
    }
}
