package storage.loopback;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import storage.api.FileNames;
import storage.api.IdMaps;
import storage.api.LayerCheck;
import storage.api.LayerId;
import storage.api.LayerOptions;
import storage.api.LayerStore;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.api.StoreInfo;
import storage.api.driver.DriverHome;
import storage.api.driver.Verdict.Outcome;
import storage.api.loop.LoopDevices;
import storage.common.block.Frozen;
import storage.linux.Errno;
import storage.linux.Fd;
import storage.linux.Linux;
import storage.linux.Syscalls;
import storage.testkit.NothingLeft;
import storage.testkit.OrdinaryUser;
import storage.testkit.TestFilesystem;
import storage.testkit.linux.FailingSyscalls;

/** What is this backend's own: options, sizes, parents that are written to, devices that others have left. */
class LoopbackDriverTest {
    @RegisterExtension
    static final TestFilesystem FILES = TestFilesystem.image("xfs");

    private static final LayerId BASE = new LayerId("base-1");
    private static final LayerId BOX = new LayerId("box");
    private static final int MIB = 1 << 20;

    /** {@code linux/fs.h}. */
    private static final long FICLONE = 0x40049409L;

    private final Syscalls linux = Linux.syscalls();
    private final LoopbackDriver driver = new LoopbackDriver(linux);
    private final Path root = FILES.path().resolve("root");
    private LayerStore store;

    private DriverHome home(Map<String, String> options) {
        return new DriverHome(root, options, IdMaps.IDENTITY, StoreInfo.Access.WRITE);
    }

    private LayerStore open(String filesystem) throws IOException {
        close();
        var size = filesystem.equals("xfs") ? "320m" : "64m";
        store = driver.open(home(Map.of("loopback.fs", filesystem, "loopback.size", size)));
        return store;
    }

    private void close() throws IOException {
        if (store != null) {
            store.close();
            store = null;
        }
    }

    @AfterEach
    void clearAway() throws IOException {
        if (Files.exists(root)) {
            open("ext4").cleanup();
            close();
            NothingLeft.assertBelow(root);
            new storage.testkit.tree.TreeMaker(linux, FILES.path()).remove("root");
        }
    }

    private static StorageException refused(Kind kind, ThrowingCallable call) {
        var refusal = (StorageException) catchThrowable(call);
        assertThat(refusal).isNotNull();
        assertThat(refusal.kind()).as(refusal.toString()).isEqualTo(kind);
        return refusal;
    }

    private Path image(LayerId id) {
        return root.resolve("loopback").resolve(id.value()).resolve("image");
    }

    private static LayerOptions size(String size) {
        return LayerOptions.storage(Map.of("size", size));
    }

    @ParameterizedTest
    @CsvSource({
        "loopback.fs, btrfs, ext4 or xfs",
        "loopback.size, much, no size",
        "loopback.size, 1m, too small",
        "loopback.sise, 1g, loopback.size"
    })
    void wrongOptionsAreRefused(String key, String value, String told) {
        var refusal = refused(Kind.INVALID, () -> driver.open(home(Map.of(key, value))));
        assertThat(refusal.getMessage() + refusal.advice()).contains(told);
        assertThat(root).doesNotExist();
    }

    @Test
    void keysCountInAnyCase() throws Exception {
        store = driver.open(home(Map.of("LOOPBACK.FS", "ext4", "loopback.Size", "32M")));
        assertThat(store.status()).containsEntry("Image Filesystem", "ext4").containsEntry("Image Size", "33554432");
    }

    @ParameterizedTest
    @CsvSource({"ext4, 128", "xfs, 640"})
    void layerGrowsAndNeverShrinks(String filesystem, int mib) throws Exception {
        open(filesystem).createReadWrite(BASE, Optional.empty(), LayerOptions.NONE);
        long before;
        try (var mount = store.mount(BASE)) {
            before = mount.path().toFile().getTotalSpace();
        }
        store.createReadWrite(BOX, Optional.of(BASE), size(mib + "m"));
        try (var mount = store.mount(BOX)) {
            assertThat(mount.path().toFile().getTotalSpace()).isGreaterThan(before * 3 / 2);
        }
        assertThat(store.metadata(BOX)).containsEntry("Size", Long.toString((long) mib * MIB));
        var small = new LayerId("small");
        var refusal = refused(Kind.INVALID, () -> store.createReadWrite(small, Optional.of(BOX), size("32m")));
        assertThat(refusal.getMessage()).contains("only grow");
        assertThat(store.exists(small)).isFalse();
        refused(
                Kind.INVALID,
                () -> store.createReadWrite(small, Optional.of(BASE), LayerOptions.storage(Map.of("quota", "1g"))));
    }

    @Test
    void layerTakesNoMoreThanItsSize() throws Exception {
        open("ext4").createReadWrite(BOX, Optional.empty(), size("16m"));
        try (var mount = store.mount(BOX);
                var file = Files.newOutputStream(mount.path().resolve("big"))) {
            var failure = catchThrowable(() -> {
                for (var i = 0; i < 20; i++) {
                    file.write(new byte[MIB]);
                }
            });
            assertThat(failure).hasMessageContaining("No space left");
        }
    }

    @ParameterizedTest
    @CsvSource({"ext4", "xfs"})
    void parentThatIsWrittenToIsFrozenForItsChild(String filesystem) throws Exception {
        open(filesystem).createReadWrite(BASE, Optional.empty(), LayerOptions.NONE);
        try (var mount = store.mount(BASE)) {
            Files.writeString(mount.path().resolve("fresh"), "not synced");
            store.createReadWrite(BOX, Optional.of(BASE), LayerOptions.NONE);
            Files.writeString(mount.path().resolve("later"), "of the parent alone");
        }
        try (var mount = store.mount(BOX)) {
            assertThat(mount.path().resolve("fresh")).hasContent("not synced");
            assertThat(mount.path().resolve("later")).doesNotExist();
        }
    }

    @Test
    void whatAProcessFrozeAndLeftIsThawedAtOpening() throws Exception {
        open("ext4").createReadWrite(BOX, Optional.empty(), LayerOptions.NONE);
        var path = store.get(BOX, "");
        var top = Fd.directory(linux, path.toString());
        Frozen.freeze(linux, top.number());
        top.close();
        open("ext4");
        CompletableFuture.runAsync(() -> {
                    try {
                        Files.writeString(path.resolve("f"), "x");
                    } catch (IOException e) {
                        throw new java.io.UncheckedIOException(e);
                    }
                })
                .get(30, TimeUnit.SECONDS);
        store.put(BOX);
    }

    @Test
    void deviceThatACrashLeftIsUsedAndNoSecondOne() throws Exception {
        open("ext4").createReadWrite(BOX, Optional.empty(), LayerOptions.NONE);
        var devices = new KernelLoopDevices(linux);
        var left = devices.attach(image(BOX), LoopDevices.Options.DEFAULT);
        try {
            try (var mount = store.mount(BOX)) {
                assertThat(storage.linux.MountTable.read()
                                .at(mount.path().getParent().toString())
                                .orElseThrow()
                                .source())
                        .isEqualTo(left.toString());
                Files.writeString(mount.path().resolve("f"), "x");
            }
        } finally {
            devices.detach(left);
        }
        try (var mount = store.mount(BOX)) {
            assertThat(mount.path().resolve("f")).hasContent("x");
        }
    }

    @Test
    void deviceOfAFileThatHasGoneIsNotTaken() throws Exception {
        open("ext4").createReadWrite(BOX, Optional.empty(), LayerOptions.NONE);
        var devices = new KernelLoopDevices(linux);
        var stale = devices.attach(image(BOX), LoopDevices.Options.DEFAULT);
        try {
            var copy = image(BOX).resolveSibling("copy");
            Files.copy(image(BOX), copy);
            Files.move(copy, image(BOX), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
            try (var mount = store.mount(BOX)) {
                assertThat(storage.linux.MountTable.read()
                                .at(mount.path().getParent().toString())
                                .orElseThrow()
                                .source())
                        .isNotEqualTo(stale.toString());
            }
        } finally {
            devices.detach(stale);
        }
    }

    @Test
    void imageThatHoldsNoFilesystemIsTold() throws Exception {
        open("ext4").createReadWrite(BOX, Optional.empty(), LayerOptions.NONE);
        try (var file = new RandomAccessFile(image(BOX).toFile(), "rw")) {
            file.write(new byte[MIB]);
        }
        assertThat(refused(Kind.DAMAGED, () -> store.get(BOX, "")).getMessage())
                .contains(image(BOX).toString());
        store.remove(BOX);
    }

    @Test
    void childrenShareTheirParentsBlocks() throws Exception {
        open("ext4").createReadWrite(BASE, Optional.empty(), LayerOptions.NONE);
        try (var mount = store.mount(BASE)) {
            Files.write(mount.path().resolve("big"), new byte[40 * MIB]);
        }
        var before = FILES.path().toFile().getUsableSpace();
        for (var i = 0; i < 10; i++) {
            store.createReadWrite(new LayerId("child-" + i), Optional.of(BASE), LayerOptions.NONE);
        }
        assertThat(before - FILES.path().toFile().getUsableSpace()).isLessThan(40L * MIB);
    }

    @Test
    void childrenTakeNoMoreThanTheirParentsHoldWhereBlocksCannotBeShared() throws Exception {
        var kernel = FailingSyscalls.around(linux).failIoctl(FICLONE, Errno.EOPNOTSUPP);
        store = new LoopbackDriver(kernel.syscalls())
                .open(home(Map.of("loopback.fs", "ext4", "loopback.size", "256m")));
        store.createReadWrite(BASE, Optional.empty(), LayerOptions.NONE);
        try (var mount = store.mount(BASE)) {
            Files.write(mount.path().resolve("big"), new byte[8 * MIB]);
        }
        var before = FILES.path().toFile().getUsableSpace();
        store.createReadWrite(BOX, Optional.of(BASE), LayerOptions.NONE);
        assertThat(before - FILES.path().toFile().getUsableSpace()).isLessThan(32L * MIB);
        assertThat(image(BOX)).hasSize(256L * MIB);
        try (var mount = store.mount(BOX)) {
            assertThat(mount.path().resolve("big")).hasBinaryContent(new byte[8 * MIB]);
        }
    }

    @Test
    void damageAndStrangersAreFound() throws Exception {
        open("ext4").createReadWrite(BOX, Optional.empty(), LayerOptions.NONE);
        Files.delete(image(BOX));
        Files.writeString(root.resolve("loopback/a file"), "f");
        var check = store.ability(LayerCheck.class).orElseThrow();
        assertThat(check.findings())
                .extracting(LayerCheck.Finding::path)
                .containsExactlyInAnyOrder("loopback/box/image", "loopback/a file");
        assertThat(check.repair()).hasSize(1);
        assertThat(root.resolve("storage/quarantine/loopback/a file-1")).hasContent("f");
        store.remove(BOX);
        assertThat(check.findings()).isEmpty();
    }

    @Test
    void machineIsJudgedAndNothingIsLeft() {
        var verdict = driver.check(home(Map.of()));
        assertThat(verdict.outcome()).as(verdict.reason()).isEqualTo(Outcome.SUPPORTED);
        assertThat(verdict.evidence()).extracting(e -> e.what()).contains("/dev/loop-control", "mkfs.ext4");
        assertThat(root).doesNotExist();
    }

    @Test
    void machineWithoutLoopDevicesIsToldSo() {
        var verdict = new LoopbackDriver(withoutLoopControl()).check(home(Map.of()));
        assertThat(verdict.outcome()).isEqualTo(Outcome.PREREQUISITES);
        assertThat(verdict.reason()).contains("/dev/loop-control");
        assertThat(verdict.advice()).contains("modprobe loop");
    }

    private Syscalls withoutLoopControl() {
        var control = FileNames.encode("/dev/loop-control");
        return (Syscalls) Proxy.newProxyInstance(
                Syscalls.class.getClassLoader(), new Class<?>[] {Syscalls.class}, (self, method, arguments) -> {
                    if (method.getName().equals("openat") && Arrays.equals(control, (byte[]) arguments[1])) {
                        return -Errno.ENOENT;
                    }
                    try {
                        return method.invoke(linux, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    @Test
    void ordinaryUserIsToldToBeRoot() throws Exception {
        var result = OrdinaryUser.run(WithoutPrivilege.class);
        assertThat(result.failed()).as(result.output()).isZero();
        assertThat(result.tests()).as(result.output()).isEqualTo(1);
    }

    /** Run as another user by the test above. */
    static class WithoutPrivilege {
        @Test
        void verdictIsPrerequisites() {
            var verdict = new LoopbackDriver(Linux.syscalls()).check(DriverHome.at(Path.of("/tmp/none")));
            assertThat(verdict.outcome()).isEqualTo(Outcome.PREREQUISITES);
            assertThat(verdict.reason()).contains("root");
            assertThat(verdict.advice()).contains("root");
        }
    }
}
