package storage.btrfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
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
import storage.api.driver.Verdict;
import storage.api.driver.Verdict.Outcome;
import storage.btrfs.diff.Snapshots;
import storage.btrfs.kernel.Subvolumes;
import storage.linux.Errno;
import storage.linux.Fd;
import storage.linux.Linux;
import storage.linux.MountCalls;
import storage.linux.PathBytes;
import storage.linux.Syscalls;
import storage.testkit.TestFilesystem;
import storage.testkit.tree.TarMaker;

/** What is this backend's own: judging a home, subvolumes that are none, layers with subvolumes inside. */
class BtrfsDriverTest {
    @RegisterExtension
    static final TestFilesystem BTRFS = TestFilesystem.image("btrfs");

    private static final LayerId BASE = new LayerId("base-1");
    private static final LayerId BOX = new LayerId("box");

    private final Syscalls linux = Linux.syscalls();
    private final BtrfsDriver driver = new BtrfsDriver(linux);
    private Snapshots snapshots;

    @BeforeEach
    void layOut() throws IOException {
        snapshots = new Snapshots(BTRFS.path());
    }

    @AfterEach
    void clearAway() throws IOException {
        if (snapshots != null) {
            snapshots.close();
        }
    }

    private LayerStore store() {
        return snapshots.store();
    }

    private static StorageException refused(Kind kind, ThrowingCallable call) {
        var failure = catchThrowable(call);
        assertThat(failure).isInstanceOf(StorageException.class);
        var refusal = (StorageException) failure;
        assertThat(refusal.kind()).as(refusal.toString()).isEqualTo(kind);
        return refusal;
    }

    @Test
    void homeThatIsNotThereIsJudgedByWhatIs() {
        var verdict = driver.check(DriverHome.at(BTRFS.path().resolve("a/b/c")));
        assertThat(verdict.outcome()).isEqualTo(Outcome.SUPPORTED);
        assertThat(verdict.evidence())
                .extracting(Verdict.Evidence::what)
                .contains("btrfs of the kernel", "filesystem of " + BTRFS.path(), "mount options", "privilege");
        assertThat(verdict.evidence()).extracting(Verdict.Evidence::found).contains("btrfs");
        assertThat(BTRFS.path().resolve("a")).doesNotExist();
    }

    @Test
    void otherFilesystemIsRefusedWithWhatToDo(@TempDir Path folder) {
        var verdict = driver.check(DriverHome.at(folder.resolve("a")));
        assertThat(verdict.outcome()).isEqualTo(Outcome.INCOMPATIBLE_FILESYSTEM);
        assertThat(verdict.reason()).contains(folder.toString());
        assertThat(verdict.advice()).contains("btrfs").contains("--root");
        var refusal = refused(
                Kind.INCOMPATIBLE_FILESYSTEM,
                () -> driver.open(DriverHome.at(folder.resolve("a"))).close());
        assertThat(refusal.advice()).isEqualTo(verdict.advice());
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void readOnlyMountIsAPrerequisiteAndCanBeRead() throws Exception {
        snapshots.layer("base-1", "", tree -> tree.file("f", "x"));
        snapshots.layer("box", "base-1", tree -> tree.file("g", "y"));
        store().close();
        remount(MountCalls.MS_RDONLY);
        try {
            var root = store().info().root();
            var verdict = driver.check(DriverHome.at(root));
            assertThat(verdict.outcome()).isEqualTo(Outcome.PREREQUISITES);
            assertThat(verdict.advice()).contains("remount,rw");
            refused(Kind.PREREQUISITES, () -> driver.open(DriverHome.at(root)).close());
            try (var reading = driver.open(DriverHome.at(root).readOnly())) {
                assertThat(reading.layers()).hasSize(2);
                assertThat(reading.changes(BOX, Optional.of(BASE)))
                        .extracting(Object::toString)
                        .containsExactly("A /g");
            }
        } finally {
            remount(0);
        }
    }

    @Test
    void storeThatBecomesReadOnlySaysSoAndGoesOnAfterwards() throws Exception {
        snapshots.layer("base-1", "", tree -> tree.file("f", "x"));
        // as after an error of the disk; nobody can remount it while the store holds its lock
        snapshots.kernel().reset().failAlways("ioctl", Errno.EROFS);
        for (ThrowingCallable call : new ThrowingCallable[] {
            () -> store().createReadWrite(BOX, Optional.of(BASE), LayerOptions.NONE), () -> store().remove(BASE)
        }) {
            assertThat(refused(Kind.PERMISSION, call).advice()).contains("for writing");
        }
        snapshots.kernel().reset();
        assertThat(store().exists(BOX)).isFalse();
        store().remove(BASE);
        snapshots.layer("base-1", "", tree -> tree.file("f", "x"));
        snapshots.layer("box", "base-1", tree -> tree.file("g", "y"));
        assertThat(snapshots.changes("box", "base-1")).containsExactly("A /g");
    }

    private void remount(long flags) throws IOException {
        var result = linux.mount(
                new byte[0],
                PathBytes.of(BTRFS.path()),
                new byte[0],
                MountCalls.MS_REMOUNT | flags,
                FileNames.encode(""));
        Errno.check(result, "mount", BTRFS.path().toString());
    }

    @Test
    void layersAreSubvolumesWhereTheEngineHasThem() throws Exception {
        snapshots.layer("base-1", "", tree -> tree.file("f", "x"));
        snapshots.layer("box", "base-1", tree -> {});
        var home = BTRFS.path().resolve("root/btrfs");
        assertThat(store().get(BOX, "")).isEqualTo(home.resolve("subvolumes/box"));
        store().put(BOX);
        for (var name : new String[] {"base-1", "box"}) {
            assertThat(snapshots.tree(name).stat("").inode).isEqualTo(Subvolumes.ROOT_INODE);
            assertThat(snapshots.tree(name).stat("").permissions()).isEqualTo(0755);
        }
        assertThat(store().status())
                .containsEntry("Backing Filesystem", "btrfs")
                .containsKey("Build Version");
        assertThat(store().metadata(BOX)).isEmpty();
    }

    @Test
    void rootOfALayerOnNothingBelongsToTheMappedRoot() throws Exception {
        var ranges = java.util.List.of(new IdMaps.Range(0, 100_000, 65_536));
        var home = new DriverHome(
                BTRFS.path().resolve("root/mapped"), Map.of(), new IdMaps(ranges, ranges), StoreInfo.Access.WRITE);
        try (var store = driver.open(home)) {
            store.createReadWrite(BASE, Optional.empty(), LayerOptions.NONE);
            store.createReadWrite(BOX, Optional.of(BASE), LayerOptions.NONE);
            for (var id : new LayerId[] {BASE, BOX}) {
                try (var mount = store.mount(id)) {
                    assertThat(Files.getAttribute(mount.path(), "unix:uid")).isEqualTo(100_000);
                }
            }
        }
    }

    @Test
    void imagesOfAnEngineAreReadOnlyFromTheFirstHoldOn() throws Exception {
        store().create(BASE, Optional.empty(), LayerOptions.NONE);
        store().applyDiff(BASE, new TarMaker().file("f", "x").stream());
        try (var fd = Fd.directory(linux, snapshots.path("base-1").toString())) {
            var subvolumes = new Subvolumes(linux);
            assertThat(subvolumes.isReadOnly(fd.number())).isTrue();
            subvolumes.setReadOnly(fd.number(), false);
            store().get(BASE, "");
            assertThat(subvolumes.isReadOnly(fd.number())).isTrue();
            store().put(BASE);
        }
        store().remove(BASE);
    }

    @Test
    void plainFolderInAParentsPlaceIsSaid() throws Exception {
        snapshots.layer("base-1", "", tree -> tree.file("f", "x"));
        snapshots.layer("box", "base-1", tree -> {});
        Files.move(snapshots.path("base-1"), snapshots.path("kept"));
        Files.createDirectory(snapshots.path("base-1"));
        Files.writeString(snapshots.path("base-1").resolve("f"), "x");
        var refusal = refused(
                Kind.DAMAGED, () -> store().createReadWrite(new LayerId("new"), Optional.of(BASE), LayerOptions.NONE));
        assertThat(refusal.getMessage()).contains("base-1").contains("plain folder");
        assertThat(store().exists(new LayerId("new"))).isFalse();
        assertThat(store().ability(LayerCheck.class).orElseThrow().findings())
                .anyMatch(finding ->
                        finding.layer().equals("base-1") && finding.problem().contains("no subvolume"));
        // it can still be looked at and removed
        assertThat(store().changes(BOX, Optional.of(BASE))).hasSize(1);
        store().remove(BOX);
        store().remove(BASE);
        assertThat(snapshots.path("base-1")).doesNotExist();
    }

    @Test
    void fileInALayersPlaceIsNoLayer() throws Exception {
        store().createReadWrite(BASE, Optional.empty(), LayerOptions.NONE);
        Files.move(snapshots.path("base-1"), snapshots.path("kept"));
        Files.writeString(snapshots.path("base-1"), "a file");
        refused(Kind.NOT_FOUND, () -> store().createReadWrite(BOX, Optional.of(BASE), LayerOptions.NONE));
        refused(Kind.NOT_FOUND, () -> store().get(BASE, ""));
    }

    @Test
    void layerWithManySubvolumesInsideIsRemoved() throws Exception {
        snapshots.layer("base-1", "", tree -> tree.directory("d"));
        snapshots.layer("box", "base-1", tree -> {});
        nest(100);
        store().remove(BOX);
        assertThat(snapshots.path("box")).doesNotExist();
        assertThat(store().layers()).hasSize(1);
    }

    @Test
    void removalThatEndsInTheMiddleIsResumed() throws Exception {
        snapshots.layer("base-1", "", tree -> tree.directory("d"));
        snapshots.layer("box", "base-1", tree -> {});
        nest(20);
        snapshots.kernel().reset().fail("ioctl", 60, Errno.EIO);
        refused(Kind.IO, () -> store().remove(BOX));
        snapshots.kernel().reset();
        assertThat(store().layer(BOX).orElseThrow().state()).isEqualTo(storage.api.Layer.State.INCOMPLETE);
        try (var fd = Fd.directory(linux, snapshots.path("box").toString())) {
            assertThat(new Subvolumes(linux).nested(fd.number())).hasSizeBetween(1, 19);
        }
        store().close();
        try (var next = driver.open(DriverHome.at(store().info().root()))) {
            assertThat(next.exists(BOX)).isFalse();
            assertThat(next.layers()).hasSize(1);
        }
    }

    /** Subvolumes inside the box, one of them inside another. */
    private void nest(int count) throws IOException {
        var subvolumes = new Subvolumes(linux);
        try (var fd = Fd.directory(linux, snapshots.path("box").resolve("d").toString())) {
            for (var i = 1; i < count; i++) {
                subvolumes.create(fd.number(), "n" + i);
            }
        }
        try (var fd = Fd.directory(linux, snapshots.path("box").resolve("d/n1").toString())) {
            subvolumes.create(fd.number(), "inside");
        }
    }

    @Test
    void optionsAreRefusedByName() {
        var home = new DriverHome(
                BTRFS.path().resolve("root/other"),
                Map.of("btrfs.size", "1G"),
                IdMaps.IDENTITY,
                StoreInfo.Access.WRITE);
        var refusal = refused(Kind.INVALID, () -> driver.open(home).close());
        assertThat(refusal.getMessage()).contains("btrfs.size");
        assertThat(refusal.advice()).contains("btrfs.min_space");
    }

    @Test
    void labelIsOnEveryFileOfALayer() throws Exception {
        snapshots.layer(
                "base-1",
                "",
                tree -> tree.directory("d").file("d/f", "x").symlink("l", "d").file("e\udcff", "y"));
        var label = new SecurityLabel(linux);
        var text = "system_u:object_r:container_file_t:s0";
        try (var fd = Fd.directory(linux, snapshots.path("base-1").toString())) {
            assertThat(label.isOn(fd, text)).isFalse();
            label.put(fd, text);
            assertThat(label.isOn(fd, text)).isTrue();
            assertThat(label.isOn(fd, text + ":c1")).isFalse();
        }
        for (var path : new String[] {"", "/d", "/d/f", "/l", "/e\udcff"}) {
            var value = new byte[text.length()];
            var file = FileNames.encode(PathBytes.text(snapshots.path("base-1")) + path);
            assertThat(linux.lgetxattr(file, FileNames.encode("security.selinux"), value))
                    .as(path)
                    .isEqualTo(text.length());
            assertThat(FileNames.decode(value)).isEqualTo(text);
        }
    }
}
