package storage.btrfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import storage.api.StorageException;
import storage.linux.Fd;
import storage.linux.Linux;
import storage.linux.SyscallException;
import storage.linux.Syscalls;

class SubvolumesTest {
    private final Syscalls linux = Linux.syscalls();
    private final Subvolumes subvolumes = new Subvolumes(linux);
    private BtrfsImage image;
    private Path folder;
    private Fd fd;

    @BeforeEach
    void mount() throws Exception {
        image = BtrfsImage.mount();
        folder = image.folder();
        fd = Fd.directory(linux, folder.toString());
    }

    @AfterEach
    void unmount() throws Exception {
        if (image != null) {
            fd.close();
            image.close();
        }
    }

    @Test
    void aSnapshotHoldsWhatItsSourceHeldAndLeavesItAlone() throws Exception {
        subvolumes.create(fd.number(), "a");
        Files.writeString(folder.resolve("a/file"), "one");
        try (var source = Fd.directory(linux, folder.resolve("a").toString())) {
            subvolumes.snapshot(source.number(), fd.number(), "b");
        }
        Files.writeString(folder.resolve("b/file"), "two");
        assertThat(folder.resolve("a/file")).hasContent("one");
        assertThat(subvolumes.isSubvolume(fd.number(), "b")).isTrue();
    }

    @Test
    void foldersAndMissingNamesAreNoSubvolumes() throws Exception {
        Files.createDirectory(folder.resolve("plain"));
        assertThat(subvolumes.isSubvolume(fd.number(), "plain")).isFalse();
        assertThat(subvolumes.isSubvolume(fd.number(), "missing")).isFalse();
    }

    @Test
    void deletesNestedSubvolumesInnermostFirst() throws Exception {
        subvolumes.create(fd.number(), "a");
        for (var i = 0; i < 300; i++) {
            // more than one answer of the kernel's can hold
            Files.createDirectories(folder.resolve("a/d" + i + "/e"));
            try (var inner = Fd.directory(linux, folder.resolve("a/d" + i + "/e").toString())) {
                subvolumes.create(inner.number(), "n");
            }
        }
        try (var inner = Fd.directory(linux, folder.resolve("a/d7/e/n").toString())) {
            subvolumes.create(inner.number(), "deepest");
        }
        subvolumes.delete(fd.number(), "a");
        assertThat(folder.resolve("a")).doesNotExist();
        subvolumes.delete(fd.number(), "a");
    }

    @Test
    void namesTooLongForTheKernelAreRefused() {
        assertThatThrownBy(() -> subvolumes.create(fd.number(), "x".repeat(256)))
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("255");
    }

    @Test
    void aTakenNameIsTold() throws Exception {
        subvolumes.create(fd.number(), "a");
        assertThatThrownBy(() -> subvolumes.create(fd.number(), "a"))
                .isInstanceOf(SyscallException.class)
                .hasMessageContaining("EEXIST");
    }
}
