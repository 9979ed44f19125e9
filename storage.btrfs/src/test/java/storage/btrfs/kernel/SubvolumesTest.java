package storage.btrfs.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import storage.api.StorageException;
import storage.linux.Fd;
import storage.linux.Linux;
import storage.linux.SyscallException;
import storage.linux.Syscalls;
import storage.testkit.TestFilesystem;

class SubvolumesTest {
    @RegisterExtension
    static final TestFilesystem BTRFS = TestFilesystem.image("btrfs");

    private final Syscalls linux = Linux.syscalls();
    private final Subvolumes subvolumes = new Subvolumes(linux);
    private Path folder;
    private Fd fd;

    /** All tests work inside a subvolume, which goes with everything in it. */
    @BeforeEach
    void layOut() throws IOException {
        try (var top = Fd.directory(linux, BTRFS.path().toString())) {
            subvolumes.create(top.number(), "test");
        }
        folder = BTRFS.path().resolve("test");
        fd = Fd.directory(linux, folder.toString());
    }

    @AfterEach
    void clearAway() throws IOException {
        if (fd != null) {
            fd.close();
            try (var top = Fd.directory(linux, BTRFS.path().toString())) {
                assertThat(subvolumes.delete(top.number(), "test")).isTrue();
            }
        }
    }

    private Fd open(String path) throws IOException {
        return Fd.directory(linux, folder.resolve(path).toString());
    }

    @Test
    void aSnapshotHoldsWhatItsSourceHeldAndLeavesItAlone() throws Exception {
        subvolumes.create(fd.number(), "a");
        Files.writeString(folder.resolve("a/file"), "one");
        try (var source = open("a")) {
            subvolumes.snapshot(source.number(), fd.number(), "b", false);
        }
        Files.writeString(folder.resolve("b/file"), "two");
        assertThat(folder.resolve("a/file")).hasContent("one");
        try (var a = open("a");
                var b = open("b")) {
            assertThat(subvolumes.isSubvolume(b.number())).isTrue();
            var source = SubvolumeInfo.of(linux, a.number());
            var snapshot = SubvolumeInfo.of(linux, b.number());
            assertThat(snapshot.isSnapshotOf(source)).isTrue();
            assertThat(source.isSnapshotOf(snapshot)).isFalse();
            assertThat(snapshot.createdIn()).isGreaterThanOrEqualTo(source.createdIn());
        }
    }

    @Test
    void readOnlyIsReadOnlyUntilItIsNot() throws Exception {
        subvolumes.create(fd.number(), "a");
        try (var a = open("a")) {
            assertThat(subvolumes.isReadOnly(a.number())).isFalse();
            subvolumes.setReadOnly(a.number(), true);
            assertThat(subvolumes.isReadOnly(a.number())).isTrue();
            assertThat(SubvolumeInfo.of(linux, a.number()).readOnly()).isTrue();
            assertThatThrownBy(() -> Files.writeString(folder.resolve("a/file"), "one"))
                    .hasMessageContaining("Read-only");
            subvolumes.snapshot(a.number(), fd.number(), "b", true);
            subvolumes.setReadOnly(a.number(), false);
            Files.writeString(folder.resolve("a/file"), "one");
        }
        assertThatThrownBy(() -> Files.writeString(folder.resolve("b/file"), "one"))
                .hasMessageContaining("Read-only");
        assertThat(subvolumes.delete(fd.number(), "b")).isTrue();
    }

    @Test
    void foldersAndFilesAreNoSubvolumesAndStay() throws Exception {
        Files.createDirectory(folder.resolve("plain"));
        Files.writeString(folder.resolve("plain/file"), "f");
        Files.createSymbolicLink(folder.resolve("link"), folder.resolve("sub"));
        subvolumes.create(fd.number(), "sub");
        try (var plain = open("plain")) {
            assertThat(subvolumes.isSubvolume(plain.number())).isFalse();
        }
        assertThat(subvolumes.delete(fd.number(), "plain")).isFalse();
        assertThat(subvolumes.delete(fd.number(), "plain/file")).isFalse();
        assertThat(subvolumes.delete(fd.number(), "link")).isFalse();
        assertThat(folder.resolve("plain/file")).hasContent("f");
        assertThat(folder.resolve("sub")).isDirectory();
        assertThat(subvolumes.delete(fd.number(), "missing")).isTrue();
    }

    @Test
    void deletesNestedSubvolumesInnermostFirst() throws Exception {
        subvolumes.create(fd.number(), "a");
        for (var i = 0; i < 300; i++) {
            // more than one answer of the kernel's can hold
            Files.createDirectories(folder.resolve("a/d" + i + "/e"));
            try (var inner = open("a/d" + i + "/e")) {
                subvolumes.create(inner.number(), "n");
            }
        }
        try (var inner = open("a/d7/e/n")) {
            subvolumes.create(inner.number(), "deepest");
        }
        try (var a = open("a")) {
            assertThat(subvolumes.nested(a.number())).hasSize(300);
            subvolumes.setReadOnly(a.number(), true);
        }
        assertThat(subvolumes.delete(fd.number(), "a")).isTrue();
        assertThat(folder.resolve("a")).doesNotExist();
        assertThat(subvolumes.delete(fd.number(), "a")).isTrue();
    }

    @Test
    void subvolumesThatVanishMeanwhileAreNoError() throws Exception {
        subvolumes.create(fd.number(), "a");
        try (var a = open("a")) {
            subvolumes.create(a.number(), "n1");
            subvolumes.create(a.number(), "n2");
        }
        Files.createDirectories(folder.resolve("a/d/e"));
        try (var inner = open("a/d/e")) {
            subvolumes.create(inner.number(), "n3");
        }
        // each is gone, with its folder, when its turn comes
        var told = new java.util.ArrayList<Long>();
        var slow = new Subvolumes(linux, (dirfd, tree) -> {
            if (told.isEmpty()) {
                for (var name : new String[] {"a/d/e/n3", "a/n2", "a/n1", "a/d/e", "a/d"}) {
                    Files.deleteIfExists(folder.resolve(name));
                }
            }
            told.add(tree);
        });
        assertThat(slow.delete(fd.number(), "a")).isTrue();
        assertThat(folder.resolve("a")).doesNotExist();
        assertThat(told).as("n1 and the outermost").hasSize(2);
    }

    @Test
    void namesOfAnyBytesAreFine() throws Exception {
        var odd = "a b\n\udcff\udc80";
        subvolumes.create(fd.number(), odd);
        try (var inner = Fd.open(linux, fd.number(), odd, Syscalls.O_RDONLY | Syscalls.O_DIRECTORY, 0)) {
            subvolumes.create(inner.number(), "ü");
            assertThat(subvolumes.nested(inner.number()))
                    .extracting(NestedSubvolume::name)
                    .containsExactly("ü");
        }
        assertThat(subvolumes.nested(fd.number()))
                .extracting(NestedSubvolume::name)
                .containsExactly(odd);
        assertThat(subvolumes.delete(fd.number(), odd)).isTrue();
        assertThat(subvolumes.nested(fd.number())).isEmpty();
    }

    @Test
    void subvolumesBelowPathsThatNoAnswerHoldsAreFoundByWalking() throws Exception {
        subvolumes.create(fd.number(), "a");
        var at = open("a");
        for (var i = 0; i < 17; i++) {
            var name = storage.api.FileNames.encode("x".repeat(250));
            assertThat(linux.mkdirat(at.number(), name, 0755)).isZero();
            var next = Fd.of(linux, linux.openat(at.number(), name, Syscalls.O_RDONLY | Syscalls.O_DIRECTORY, 0));
            at.close();
            at = next;
        }
        subvolumes.create(at.number(), "deep");
        at.close();
        assertThat(subvolumes.delete(fd.number(), "a")).isTrue();
        assertThat(folder.resolve("a")).doesNotExist();
    }

    @Test
    void namesThatTheKernelCannotTakeAreRefused() {
        assertThatThrownBy(() -> subvolumes.create(fd.number(), "x".repeat(256)))
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("255");
        assertThatThrownBy(() -> subvolumes.create(fd.number(), "a/b")).isInstanceOf(StorageException.class);
        assertThatThrownBy(() -> subvolumes.create(fd.number(), "a\0b")).isInstanceOf(StorageException.class);
    }

    @Test
    void aTakenNameIsTold() throws Exception {
        subvolumes.create(fd.number(), "a");
        assertThatThrownBy(() -> subvolumes.create(fd.number(), "a"))
                .isInstanceOf(SyscallException.class)
                .hasMessageContaining("EEXIST");
    }
}
