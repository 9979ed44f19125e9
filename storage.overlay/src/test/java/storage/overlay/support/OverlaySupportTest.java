package storage.overlay.support;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import storage.api.StorageException;
import storage.api.driver.DriverHome;
import storage.api.driver.GraphDriver;
import storage.api.driver.Verdict;
import storage.api.driver.Verdict.Outcome;
import storage.linux.Errno;
import storage.linux.MountTable;
import storage.linux.Syscalls;
import storage.overlay.testing.TestStore;
import storage.overlay.v1.OverlayDriver;
import storage.overlay.v2.Overlay2Driver;
import storage.testkit.Require;
import storage.testkit.TestFilesystem;
import storage.testkit.linux.FailingSyscalls;
import storage.testkit.tree.TreeText;

/** Verdicts, and that looking leaves nothing behind. */
class OverlaySupportTest {
    private static final List<Function<Syscalls, GraphDriver>> BOTH = List.of(OverlayDriver::new, Overlay2Driver::new);

    @RegisterExtension
    static final TestFilesystem FILES = TestFilesystem.folder();

    private Path place;

    @BeforeEach
    void make() throws IOException {
        Require.root();
        place = Files.createDirectory(FILES.path().resolve("place"));
    }

    @AfterEach
    void remove() throws IOException {
        Files.delete(place);
    }

    @Test
    void theNearestFolderThatExistsIsJudgedAndStaysAsItWas() throws IOException {
        var before = TreeText.lines(TestStore.LINUX, FILES.path());
        var mounts = MountTable.read().entries().size();
        for (var driver : BOTH) {
            var verdict = driver.apply(TestStore.LINUX).check(DriverHome.at(place.resolve("a/b/c")));
            assertThat(verdict.outcome()).as(verdict.reason()).isEqualTo(Outcome.SUPPORTED);
            assertThat(verdict.evidence())
                    .anyMatch(e ->
                            e.what().equals("/proc/filesystems") && e.found().equals("overlay"))
                    .anyMatch(e -> e.what().contains("filesystem of " + place))
                    .anyMatch(
                            e -> e.what().contains("trial mount") && !e.found().isEmpty());
        }
        assertThat(withoutTimes(TreeText.lines(TestStore.LINUX, FILES.path()))).isEqualTo(withoutTimes(before));
        assertThat(MountTable.read().entries()).hasSize(mounts);
    }

    private static List<String> withoutTimes(List<String> lines) {
        return lines.stream().map(line -> line.replaceAll(" t=[0-9.]+", "")).toList();
    }

    private static Verdict verdict(FailingSyscalls kernel, Path root) {
        return new Overlay2Driver(kernel.syscalls()).check(DriverHome.at(root));
    }

    /** The trial mount is the second: first the thread makes its mounts its own. */
    private Verdict verdictIfTheTrialFails(int errno) {
        var kernel =
                FailingSyscalls.around(TestStore.LINUX).fail("mount", 2, errno).fail("mount", 3, errno);
        return verdict(kernel, place);
    }

    @Test
    void whatTheKernelAnswersToTheTrialDecides() throws IOException {
        assertThat(verdictIfTheTrialFails(Errno.ENODEV).outcome()).isEqualTo(Outcome.NOT_SUPPORTED);
        assertThat(verdictIfTheTrialFails(Errno.EPERM).outcome()).isEqualTo(Outcome.PREREQUISITES);
        assertThat(verdictIfTheTrialFails(Errno.EINVAL).outcome()).isEqualTo(Outcome.INCOMPATIBLE_FILESYSTEM);
        var broken = verdictIfTheTrialFails(Errno.EIO);
        assertThat(broken.outcome()).isEqualTo(Outcome.FAILED);
        assertThat(broken.errno()).hasValue(Errno.EIO);
        for (var errno : List.of(Errno.ENODEV, Errno.EPERM, Errno.EINVAL)) {
            assertThat(verdictIfTheTrialFails(errno).advice()).isNotEmpty();
        }
    }

    @Test
    void aFullFilesystemIsJudgedWithoutTrial() {
        var kernel = FailingSyscalls.around(TestStore.LINUX).failAlways("mkdirat", Errno.ENOSPC);
        assertThat(verdict(kernel, place).outcome()).isEqualTo(Outcome.SUPPORTED);
    }

    @Test
    void aReadOnlyFilesystemIsNoPlaceForANewStore() throws IOException {
        var kernel = FailingSyscalls.around(TestStore.LINUX).failAlways("mkdirat", Errno.EROFS);
        var verdict = verdict(kernel, place);
        assertThat(verdict.outcome()).isEqualTo(Outcome.PREREQUISITES);
        assertThat(verdict.reason()).contains(place.toString(), "read-only");
        var layer = Files.createDirectories(place.resolve("overlay2/layer"));
        assertThat(verdict(kernel, place).outcome())
                .as("one with layers can be read")
                .isEqualTo(Outcome.SUPPORTED);
        removeAll(layer.getParent());
    }

    @Test
    void everyCallMayFailAndTheAnswerIsStillAVerdictThatLeavesNothing() throws IOException {
        var kernel = FailingSyscalls.around(TestStore.LINUX);
        assertThat(verdict(kernel, place).isSupported()).isTrue();
        var calls = kernel.count();
        assertThat(calls).isGreaterThan(20);
        for (var n = 1; n <= calls; n++) {
            kernel.reset().fail(n, Errno.EIO);
            assertThat(verdict(kernel, place)).as("call " + n).isNotNull();
            try (var left = Files.list(place)) {
                // a removal that fails cannot have removed everything
                left.forEach(OverlaySupportTest::removeAll);
            }
        }
    }

    private static void removeAll(Path folder) {
        try (var parent =
                storage.linux.Fd.directory(TestStore.LINUX, folder.getParent().toString())) {
            storage.common.tree.TreeRemoval.remove(
                    TestStore.LINUX,
                    parent.number(),
                    storage.api.FileNames.encode(folder.getFileName().toString()));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void anOverlayIsNoPlaceForOverlays() throws IOException {
        try (var test = new TestStore(FILES.path(), Overlay2Driver::new)) {
            test.readWrite("a", null);
            test.readWrite("b", "a");
            try (var mount = test.store().mount(TestStore.id("b"))) {
                for (var driver : BOTH) {
                    var verdict = driver.apply(TestStore.LINUX).check(DriverHome.at(mount.path()));
                    assertThat(verdict.outcome()).isEqualTo(Outcome.INCOMPATIBLE_FILESYSTEM);
                    assertThat(verdict.reason()).contains("overlayfs");
                }
                assertThatThrownBy(() -> new Overlay2Driver(TestStore.LINUX).open(DriverHome.at(mount.path())))
                        .isInstanceOfSatisfying(
                                StorageException.class,
                                e -> assertThat(e.kind()).isEqualTo(StorageException.Kind.INCOMPATIBLE_FILESYSTEM));
            }
        }
    }

    @Test
    void rootsOfEveryNameWork() throws IOException {
        for (var driver : BOTH) {
            try (var test = new TestStore(FILES.path(), "a b:c,d\\e\"f", driver.apply(TestStore.LINUX))) {
                test.image("a", null, new storage.testkit.tree.TarMaker().file("file", "x"));
                test.readWrite("b", "a");
                test.inside("a", tree -> assertThat(tree.read("file")).isEqualTo("x"));
                test.inside(
                        "b",
                        tree -> assertThat(tree.overwrite("file", "y").read("file"))
                                .isEqualTo("y"));
                var path = test.store().get(TestStore.id("b"), "");
                test.reopen();
                test.store().put(TestStore.id("b"));
                assertThat(path).doesNotExist();
                test.store().remove(TestStore.id("b"));
            }
        }
    }

    @Test
    void aRootBehindASymbolicLinkIsTheSameRoot() throws IOException {
        try (var test = new TestStore(FILES.path(), Overlay2Driver::new)) {
            test.readWrite("a", null);
            test.readWrite("b", "a");
            var link = Files.createSymbolicLink(FILES.path().resolve("link"), test.root());
            try {
                test.store().get(TestStore.id("b"), "");
                test.store().close();
                try (var other = new Overlay2Driver(TestStore.LINUX).open(DriverHome.at(link))) {
                    assertThatThrownBy(() -> other.remove(TestStore.id("b")))
                            .isInstanceOfSatisfying(
                                    StorageException.class,
                                    e -> assertThat(e.kind()).isEqualTo(StorageException.Kind.IN_USE));
                    other.put(TestStore.id("b"));
                    assertThat(test.home().resolve("b/merged")).doesNotExist();
                    other.cleanup();
                }
            } finally {
                Files.delete(link);
                test.forget();
            }
        }
    }
}
