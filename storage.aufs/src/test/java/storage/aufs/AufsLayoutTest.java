package storage.aufs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static storage.testkit.store.Workbench.id;
import static storage.testkit.store.Workbench.on;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import storage.api.LayerOptions;
import storage.api.LayerStore;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.api.StoreInfo;
import storage.linux.Errno;
import storage.linux.MountTable;
import storage.linux.PathBytes;
import storage.testkit.Require;
import storage.testkit.TestFilesystem;
import storage.testkit.linux.FailingSyscalls;
import storage.testkit.store.Setting;
import storage.testkit.store.Workbench;
import storage.testkit.tree.TarMaker;
import storage.testkit.tree.TarText;
import storage.testkit.tree.TreeMaker;

/** What lies in a home, what the kernel is asked for, and what happens when it refuses. */
class AufsLayoutTest {
    @RegisterExtension
    static final TestFilesystem FILES = TestFilesystem.image("ext4");

    private Workbench bench;
    private Path home;

    @BeforeEach
    void layOut() throws Exception {
        Require.root();
        bench = new Workbench(new AufsFactory(FILES.path()), Setting.USUAL);
        home = bench.root().resolve("aufs");
    }

    @AfterEach
    void clearAway() throws Exception {
        bench.close();
    }

    private void layers() throws Exception {
        bench.image(
                "low",
                "",
                new TarMaker()
                        .directory("d", 0755)
                        .file("d/f", "x")
                        .file("g", "y")
                        .bytes());
        bench.image("mid", "low", new TarMaker().file("d/m", "m").bytes());
        bench.layer("box", "mid", tree -> {});
    }

    private static String mode(Path path) throws Exception {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }

    private static StorageException refusal(Kind kind, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        var failure = org.assertj.core.api.Assertions.catchThrowableOfType(StorageException.class, call);
        assertThat(failure).isNotNull();
        assertThat(failure.kind()).as(failure.toString()).isEqualTo(kind);
        return failure;
    }

    private LayerStore reopen(FailingSyscalls kernel) throws Exception {
        bench.store().close();
        return bench.open(kernel.syscalls(), bench.root(), StoreInfo.Access.WRITE);
    }

    @Test
    void homeIsTheEngines() throws Exception {
        layers();
        for (var folder : new String[] {"", "layers", "diff", "mnt"}) {
            assertThat(mode(home.resolve(folder))).isEqualTo("rwx--x---");
        }
        for (var folder : new String[] {"diff", "mnt"}) {
            assertThat(mode(home.resolve(folder).resolve("mid"))).isEqualTo("rwxr-xr-x");
        }
        assertThat(mode(home.resolve("layers/mid"))).isEqualTo("rw-r--r--");
        assertThat(home.resolve("layers/low")).isEmptyFile();
        assertThat(home.resolve("layers/mid")).hasContent("low\n");
        assertThat(home.resolve("layers/box")).hasContent("mid\nlow\n");
        try (var names = Files.list(home)) {
            assertThat(names.map(Path::getFileName).map(Path::toString))
                    .containsExactlyInAnyOrder("layers", "diff", "mnt");
        }
        Files.setPosixFilePermissions(home.resolve("diff"), PosixFilePermissions.fromString("rwxrwxrwx"));
        bench.reopen();
        assertThat(mode(home.resolve("diff"))).isEqualTo("rwx--x---");
    }

    @Test
    void rootOfALayerOnNothingIsItsFolderAndOthersAreUnions() throws Exception {
        layers();
        assertThat(bench.store().get(id("low"), "")).isEqualTo(home.resolve("diff/low"));
        assertThat(bench.store().get(id("box"), "")).isEqualTo(home.resolve("mnt/box"));
        var table = MountTable.read();
        assertThat(table.isMounted(PathBytes.text(home.resolve("mnt/low")))).isFalse();
        assertThat(table.isMounted(PathBytes.text(home.resolve("mnt/box")))).isTrue();
        bench.store().put(id("low"));
        bench.store().put(id("box"));
        assertThat(MountTable.read().below(PathBytes.text(home))).isEmpty();
        bench.store().remove(id("box"));
        bench.store().remove(id("mid"));
        bench.store().remove(id("low"));
        for (var folder : new String[] {"layers", "diff", "mnt"}) {
            assertThat(home.resolve(folder)).isEmptyDirectory();
        }
    }

    @Test
    void whatIsWrittenLiesInTheBranchInAufsForm() throws Exception {
        layers();
        bench.edit(
                id("box"),
                tree -> tree.remove("d").directory("d").file("d/new", "n").remove("g"));
        assertThat(home.resolve("diff/box/.wh.g")).exists();
        assertThat(home.resolve("diff/box/d/.wh..wh..opq")).exists();
        assertThat(home.resolve("diff/box/.wh..wh.plnk")).isDirectory();
        assertThat(TarText.lines(bench.diff(id("box"), on("mid"))))
                .anyMatch(line -> line.contains(".wh.g"))
                .anyMatch(line -> line.contains("d/.wh..wh..opq"))
                .noneMatch(line -> line.contains("plnk") || line.contains(".wh..wh.aufs") || line.contains("orph"));
        assertThat(bench.store().changes(id("box"), on("mid")).stream().map(Object::toString))
                .containsExactly("C /d", "D /d/f", "D /d/m", "A /d/new", "D /g");
        assertThat(bench.store().diffSize(id("box"), on("mid"))).isEqualTo(1);
    }

    @Test
    void archiveThatTurnsAFileIntoADirectoryAndBackShowsNothingOld() throws Exception {
        bench.image(
                "a", "", new TarMaker().directory("x", 0755).file("x/old", "o").bytes());
        bench.image("b", "a", new TarMaker().file("x", "a file").bytes());
        bench.image(
                "c", "b", new TarMaker().directory("x", 0755).file("x/new", "n").bytes());
        assertThat(home.resolve("diff/c/x/.wh..wh..opq")).exists();
        assertThat(bench.show(id("c"))).containsKey("/x/new").doesNotContainKey("/x/old");
        assertThat(bench.store().changes(id("c"), on("b")).stream().map(Object::toString))
                .containsExactly("C /x", "A /x/new");
        assertThat(bench.store().changes(id("c"), on("a")).stream().map(Object::toString))
                .containsExactly("C /x", "A /x/new", "D /x/old");
    }

    @Test
    void archiveWithAnOpaqueRootHidesNameByName() throws Exception {
        layers();
        bench.image(
                "empty",
                "mid",
                new TarMaker().file(".wh..wh..opq", "").file("d/own", "o").bytes());
        assertThat(home.resolve("diff/empty/.wh..wh..opq")).doesNotExist();
        assertThat(home.resolve("diff/empty/.wh.g")).exists();
        assertThat(bench.show(id("empty"))).containsOnlyKeys("/", "/d", "/d/own");
    }

    @Test
    void namesThatAufsCannotShowAreRefused() throws Exception {
        bench.store().create(id("low"), on(""), LayerOptions.NONE);
        var archive = new TarMaker().file("x".repeat(243), "x").stream();
        assertThat(refusal(Kind.LIMIT_EXCEEDED, () -> bench.store().applyDiff(id("low"), archive)))
                .hasMessageContaining("243");
        bench.store().applyDiff(id("low"), new TarMaker().file("x".repeat(242), "x").stream());
        bench.image("high", "low", new TarMaker().whiteout("x".repeat(242)).bytes());
        assertThat(bench.show(id("high"))).containsOnlyKeys("/");
    }

    @Test
    void storageOptionsAreRefused() throws Exception {
        assertThat(refusal(
                        Kind.NOT_SUPPORTED,
                        () -> bench.store()
                                .createReadWrite(id("a"), on(""), LayerOptions.storage(Map.of("size", "1G")))))
                .hasMessageContaining("size");
        assertThat(home.resolve("diff/a")).doesNotExist();
    }

    @Test
    void interruptedRemovalIsFinishedAtTheNextStart() throws Exception {
        layers();
        bench.store().close();
        // as an engine leaves it: the file is gone, one folder renamed, the other not reached
        Files.createDirectories(home.resolve("diff/gone-removing/d"));
        Files.writeString(home.resolve("diff/gone-removing/d/f"), "x");
        Files.createDirectory(home.resolve("mnt/gone-removing"));
        bench.reopen();
        assertThat(home.resolve("diff/gone-removing")).doesNotExist();
        assertThat(home.resolve("mnt/gone-removing")).doesNotExist();
        assertThat(bench.names()).containsExactly("box", "low", "mid");
    }

    @Test
    void removalDoesNotMixWithWhatAnEarlierOneLeft() throws Exception {
        layers();
        Files.createDirectories(home.resolve("diff/box-removing/precious"));
        assertThat(refusal(Kind.DAMAGED, () -> bench.store().remove(id("box"))).advice())
                .contains("diff/box-removing");
        assertThat(home.resolve("diff/box-removing/precious")).exists();
        Files.delete(home.resolve("diff/box-removing/precious"));
        Files.delete(home.resolve("diff/box-removing"));
        bench.store().remove(id("box"));
        assertThat(home.resolve("diff/box")).doesNotExist();
    }

    @Test
    void branchWithoutALayerDoesNotShowInANewOne() throws Exception {
        layers();
        Files.createDirectories(home.resolve("diff/new/precious"));
        bench.layer("new", "low", tree -> {});
        assertThat(bench.show(id("new"))).doesNotContainKey("/precious");
        try (var kept = Files.walk(bench.root().resolve("storage/quarantine"))) {
            assertThat(kept).anyMatch(path -> path.endsWith("precious"));
        }
    }

    @Test
    void whatIsBusyForAMomentIsUnmounted() throws Exception {
        layers();
        var kernel = FailingSyscalls.around(bench.linux());
        try (var store = reopen(kernel)) {
            store.get(id("box"), "");
            kernel.reset().fail("umount2", 1, Errno.EBUSY).fail("umount2", 2, Errno.EBUSY);
            store.put(id("box"));
            assertThat(kernel.count("umount2")).isEqualTo(3);
            assertThat(MountTable.read().below(PathBytes.text(home))).isEmpty();
        }
    }

    @Test
    void whatStaysBusyIsInUseAndStaysMounted() throws Exception {
        layers();
        var path = bench.store().get(id("box"), "");
        try (var open = Files.newInputStream(path.resolve("d/f"))) {
            var refusal = refusal(Kind.IN_USE, () -> bench.store().put(id("box")));
            assertThat(refusal.advice()).contains("fuser");
            assertThat(refusal.errno()).hasValue(Errno.EBUSY);
            assertThat(open.read()).isEqualTo('x');
            refusal(Kind.IN_USE, () -> bench.store().remove(id("box")));
        }
        bench.store().put(id("box"));
        assertThat(MountTable.read().below(PathBytes.text(home))).isEmpty();
        bench.store().remove(id("box"));
    }

    @Test
    void waitForWhatIsBusyEndsWithAnInterrupt() throws Exception {
        layers();
        var path = bench.store().get(id("box"), "");
        try (var open = Files.newInputStream(path.resolve("d/f"))) {
            Thread.currentThread().interrupt();
            refusal(Kind.INTERRUPTED, () -> bench.store().put(id("box")));
            assertThat(Thread.interrupted()).isTrue();
            assertThat(open.read()).isEqualTo('x');
        }
        bench.store().put(id("box"));
        assertThat(MountTable.read().below(PathBytes.text(home))).isEmpty();
    }

    @Test
    void foreignMountInTheUnionsPlaceIsLeftAlone() throws Exception {
        layers();
        var type = "tmpfs".getBytes(StandardCharsets.US_ASCII);
        var target = PathBytes.of(home.resolve("mnt/box"));
        Errno.check(bench.linux().mount(type, target, type, 0, new byte[0]), "mount", "tmpfs");
        try {
            Files.writeString(home.resolve("mnt/box/precious"), "p");
            assertThat(refusal(Kind.IN_USE, () -> bench.store().get(id("box"), "")))
                    .hasMessageContaining("not ours");
            refusal(Kind.IN_USE, () -> bench.store().remove(id("box")));
            refusal(Kind.IN_USE, () -> bench.store().cleanup());
            assertThat(home.resolve("mnt/box/precious")).hasContent("p");
        } finally {
            bench.linux().umount2(target, 0);
        }
        bench.store().cleanup();
        bench.store().remove(id("box"));
    }

    @Test
    void unionThatCannotBeCompletedIsTakenBack() throws Exception {
        Require.feature("fake aufs", !AufsFactory.isInKernel(), "the kernel's own aufs is used here");
        var parent = "";
        for (var i = 0; i < 80; i++) {
            bench.image("l" + i, parent, new TarMaker().file("f" + i, "x").bytes());
            parent = "l" + i;
        }
        bench.layer("box", parent, tree -> {});
        bench.store().close();
        // the module takes the first call, and not the remount: not for too many branches, for which they are too few
        var full = FailingSyscalls.around(bench.linux());
        try (var store = new FakeAufsDriver(full.syscalls()).open(bench.home(bench.root(), StoreInfo.Access.WRITE))) {
            full.reset().fail("mount", 2, Errno.ENOSPC);
            assertThat(refusal(Kind.NO_SPACE, () -> store.get(id("box"), "")).errno())
                    .hasValue(Errno.ENOSPC);
            assertThat(MountTable.read().below(PathBytes.text(home))).isEmpty();
            store.put(id("box"));
        }
        assertThat(bench.reopen().get(id("box"), "")).isEqualTo(home.resolve("mnt/box"));
        assertThat(home.resolve("mnt/box/f0")).exists();
        assertThat(home.resolve("mnt/box/f79")).exists();
        bench.store().put(id("box"));
    }

    @Test
    void kernelBuiltForMoreBranchesStacksMore() throws Exception {
        Require.feature("fake aufs", !AufsFactory.isInKernel(), "the kernel's own aufs is used here");
        var home511 = bench.home(bench.root(), StoreInfo.Access.WRITE);
        var driver = new FakeAufsDriver(bench.linux(), new storage.aufs.fake.FakeAufs.Build(511, true));
        try (var store = driver.open(home511)) {
            for (var i = 0; i < 130; i++) {
                store.create(id("l" + i), on(i == 0 ? "" : "l" + (i - 1)), LayerOptions.NONE);
            }
            var path = store.get(id("l129"), "");
            assertThat(path).isEqualTo(home.resolve("mnt/l129"));
            store.put(id("l129"));
        }
        assertThat(Files.readAllLines(home.resolve("layers/l129"))).hasSize(129);
        // and a kernel of the usual build says why it cannot, before it writes anything
        try (var store = bench.open()) {
            assertThat(refusal(Kind.LIMIT_EXCEEDED, () -> store.get(id("l129"), "")))
                    .hasMessageContaining("130 branches");
            assertThat(MountTable.read().below(PathBytes.text(home))).isEmpty();
            var refusal = refusal(
                    Kind.LIMIT_EXCEEDED, () -> store.createReadWrite(id("above"), on("l129"), LayerOptions.NONE));
            assertThat(refusal).hasMessageContaining("131 branches").hasMessageContaining("at most 127");
            assertThat(home.resolve("layers/above")).doesNotExist();
            assertThat(home.resolve("diff/above")).doesNotExist();
            assertThat(store.changes(id("l129"), on("l0"))).isEmpty();
        }
        try (var left = Files.list(bench.root())) {
            assertThat(left.map(Path::getFileName).map(Path::toString)).noneMatch(name -> name.startsWith(".aufs"));
        }
    }

    @Test
    void trialThatFailsForAnotherReasonIsNoLimit() throws Exception {
        Require.feature("fake aufs", !AufsFactory.isInKernel(), "the kernel's own aufs is used here");
        var kernel = FailingSyscalls.around(bench.linux());
        var driver = new FakeAufsDriver(kernel.syscalls(), new storage.aufs.fake.FakeAufs.Build(511, true));
        try (var store = driver.open(bench.home(bench.root(), StoreInfo.Access.WRITE))) {
            for (var i = 0; i < 127; i++) {
                store.create(id("l" + i), on(i == 0 ? "" : "l" + (i - 1)), LayerOptions.NONE);
            }
            kernel.reset().failAlways("mount", Errno.ENOMEM);
            assertThatThrownBy(() -> store.create(id("more"), on("l126"), LayerOptions.NONE))
                    .isInstanceOfSatisfying(
                            StorageException.class, e -> assertThat(e.kind()).isNotEqualTo(Kind.LIMIT_EXCEEDED));
            assertThat(home.resolve("layers/more")).doesNotExist();
            kernel.reset();
            store.create(id("more"), on("l126"), LayerOptions.NONE);
        }
    }

    @Test
    void layersFileMayBeLong() throws Exception {
        var parents = java.util.stream.IntStream.range(0, 900)
                .mapToObj(i -> id("x".repeat(120) + i))
                .collect(Collectors.toList());
        bench.store();
        Files.writeString(home.resolve("layers/deep"), AufsFolders.text(parents));
        Files.createDirectory(home.resolve("diff/deep"));
        assertThat(bench.store().layer(id("deep")).orElseThrow().parent()).contains(parents.get(0));
        assertThat(bench.store().metadata(id("deep")).get("LowerDir")).endsWith("diff/" + parents.get(899));
        Files.delete(home.resolve("layers/deep"));
        Files.delete(home.resolve("diff/deep"));
    }

    @Test
    void statusIsTheEngines() throws Exception {
        layers();
        assertThat(bench.store().status())
                .containsEntry("Root Dir", home.toString())
                .containsEntry("Backing Filesystem", "extfs")
                .containsEntry("Dirs", "3")
                .containsKey("Dirperm1 Supported");
        assertThat(bench.store().metadata(id("box")))
                .containsEntry("LowerDir", home.resolve("diff/mid") + ":" + home.resolve("diff/low"))
                .containsEntry("UpperDir", home.resolve("diff/box").toString())
                .containsEntry("MergedDir", home.resolve("mnt/box").toString());
        assertThat(bench.store().metadata(id("low"))).containsOnlyKeys("UpperDir");
    }

    @Test
    void rootOfAChildLooksLikeItsParents() throws Exception {
        bench.layer("low", "", tree -> tree.mode("", 01711).owner("", 12, 34));
        bench.layer("box", "low", tree -> {});
        var root = new TreeMaker(bench.linux(), home.resolve("diff/box")).stat("");
        assertThat(root.permissions()).isEqualTo(01711);
        assertThat(root.uid).isEqualTo(12);
        assertThatThrownBy(() -> bench.store().remove(id("low"))).hasMessageContaining("box");
    }
}
