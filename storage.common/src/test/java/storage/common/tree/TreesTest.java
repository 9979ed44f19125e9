package storage.common.tree;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import storage.api.FileNames;
import storage.common.Gate;
import storage.common.Tree;
import storage.common.diff.DiffOptions;
import storage.common.diff.Told;
import storage.linux.Errno;
import storage.linux.Fd;
import storage.linux.Stat;
import storage.linux.SyscallException;

/** Whole trees: copied, removed, measured. */
class TreesTest {
    @TempDir
    Path folder;

    private Tree source;
    private Tree target;

    @BeforeEach
    void setUp() throws IOException {
        source = Tree.make(folder, "source");
        target = Tree.make(folder, "target");
    }

    @AfterEach
    void tearDown() throws IOException {
        source.close();
        target.close();
        try (var all = Tree.open(folder.toString())) {
            all.remove("source");
            all.remove("target");
        }
    }

    private void fill() throws IOException {
        Gate.root();
        source.file("a/b/c", "content")
                .file("raw\udcff\n", "odd")
                .symlink("a/s", "../nowhere")
                .link("a/hard", "a/b/c")
                .directory("empty")
                .mknod("fifo", 0010640, 0)
                .mknod("whiteout", 0020000, 0)
                .mknod("block", 0060600, Stat.device(7, 300))
                .file("suid", "x")
                .chown("suid", 12, 13)
                .chmod("suid", 06755)
                .chown("a/s", 5, 6)
                .time("a/s", 77, 123)
                .file("big", new byte[700_000])
                .time("a/b/c", 1_000_000_000, 999_999_999)
                .chmod("a/b", 01555)
                .time("a/b", 5, 7);
        source.xattr("a/b", "trusted.overlay.opaque", new byte[] {'y'});
        source.xattr("a/b/c", "user.x", new byte[] {0, 1});
        source.xattr(
                "suid", "security.capability", new byte[] {1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
        source.file("sparse", "");
        try (var file = Fd.open(Tree.LINUX, source.fd(), "sparse", 1, 0)) {
            Tree.LINUX.ftruncate(file.number(), 10_000_000);
            Tree.LINUX.pwrite(file.number(), ByteBuffer.allocateDirect(1).put(0, (byte) 7), 5_000_000);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aCopyIsTheSameInEveryAttribute(TreeCopy.Mode mode) throws IOException {
        fill();
        TreeCopy.copy(Tree.LINUX, source.fd(), target.fd(), mode);
        assertThat(target.snapshot().toString().replace(" = ", " ? "))
                .isEqualTo(source.snapshot().toString().replace(" = ", " ? "));
        assertThat(new Xattrs(Tree.LINUX).of(target.fd(), FileNames.encode("a/b")))
                .extracting(xattr -> FileNames.decode(xattr.name()))
                .contains("trusted.overlay.opaque");
        assertThat(target.stat("sparse").blocks).isLessThan(100);
        assertThat(target.stat("a/hard").inode).isEqualTo(target.stat("a/b/c").inode);
        assertThat(target.stat("a/b/c").inode == source.stat("a/b/c").inode).isEqualTo(mode == TreeCopy.Mode.HARD_LINK);
        var top = source.stat(".");
        assertThat(target.stat(".").modifiedNanos).isEqualTo(top.modifiedNanos);
    }

    @Test
    void filesThatCannotBeLinkedAreCopied() throws IOException {
        fill();
        var linux = Faults.failing(Tree.LINUX, "linkat", 4, Errno.EMLINK);
        TreeCopy.copy(linux, source.fd(), target.fd(), TreeCopy.Mode.HARD_LINK);
        var same = new HashSet<>(target.snapshot().keySet());
        assertThat(same).isEqualTo(source.snapshot().keySet());
        target.snapshot()
                .forEach((path, line) -> assertThat(line.replaceAll(" = .*", ""))
                        .as(path)
                        .isEqualTo(snapshotOf(source).get(path).replaceAll(" = .*", "")));
    }

    private static java.util.Map<String, String> snapshotOf(Tree tree) {
        try {
            return tree.snapshot();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void everyFailureOfACopyIsReportedAndLeavesNothingOpen() throws IOException {
        fill();
        for (var call : new String[] {
            "openat",
            "statx",
            "stat",
            "mkdirat",
            "read",
            "write",
            "fchmod",
            "futimens",
            "mknodat",
            "symlinkat",
            "getdents",
            "utimensat",
            "fchown"
        }) {
            if (call.equals("statx")) {
                continue;
            }
            target.close();
            try (var all = Tree.open(folder.toString())) {
                all.remove("target");
            }
            target = Tree.make(folder, "target");
            var before = new java.io.File("/proc/self/fd").list().length;
            var linux = Faults.failing(Tree.LINUX, call, 2, Errno.EIO);
            if (call.equals("symlinkat") || call.equals("mkdirat")) {
                linux = Faults.failing(Tree.LINUX, call, 1, Errno.EIO);
            }
            var failing = linux;
            assertThatThrownBy(() -> TreeCopy.copy(failing, source.fd(), target.fd(), TreeCopy.Mode.CONTENT))
                    .as(call)
                    .isInstanceOf(SyscallException.class)
                    .hasMessageContaining("EIO");
            assertThat(new java.io.File("/proc/self/fd").list().length).isEqualTo(before);
        }
    }

    @Test
    void aVeryDeepTreeIsRemoved() throws IOException {
        var before = new java.io.File("/proc/self/fd").list().length;
        deep(10_000);
        source.remove("d");
        assertThat(source.snapshot()).isEmpty();
        assertThat(new java.io.File("/proc/self/fd").list().length).isEqualTo(before);
    }

    @Test
    void aDeepTreeIsCopiedMeasuredAndCompared() throws IOException {
        var before = new java.io.File("/proc/self/fd").list().length;
        deep(1_500);
        TreeCopy.copy(Tree.LINUX, source.fd(), target.fd(), TreeCopy.Mode.CONTENT);
        assertThat(TreeUsage.bytes(Tree.LINUX, target.fd())).isEqualTo(TreeUsage.bytes(Tree.LINUX, source.fd()));
        assertThat(Told.changes(Tree.LINUX, source.fd(), target.fd(), DiffOptions.DEFAULT))
                .isEmpty();
        target.file("d/".repeat(1_500) + "f", "new");
        assertThat(Told.changes(Tree.LINUX, source.fd(), target.fd(), DiffOptions.DEFAULT))
                .hasSize(1_501);
        assertThat(new java.io.File("/proc/self/fd").list().length).isEqualTo(before);
    }

    private void deep(int depth) throws IOException {
        var at = Tree.LINUX.dup(source.fd());
        for (var i = 0; i < depth; i++) {
            var name = FileNames.encode("d");
            Errno.check(Tree.LINUX.mkdirat(at, name, 0755), "mkdirat", "");
            var next = Errno.check(Tree.LINUX.openat(at, name, 0, 0), "openat", "");
            Tree.LINUX.close(at);
            at = next;
        }
        Tree.LINUX.close(at);
    }

    @Test
    void removingFollowsNoLinks() throws IOException {
        target.file("victim", "x");
        source.symlink("d/s", target.path)
                .symlink("s", target.path)
                .file("d/f", "")
                .link("d/h", "d/f");
        source.remove("d");
        source.remove("s");
        source.remove("not-there");
        source.remove("not/there");
        assertThat(source.snapshot()).isEmpty();
        assertThat(target.exists("victim")).isTrue();
    }

    @Test
    void removingTakesPathsToo() throws IOException {
        source.file("a/b/c", "x").file("a/d", "y");
        TreeRemoval.remove(Tree.LINUX, storage.linux.FileCalls.AT_FDCWD, FileNames.encode(source.path + "/a/b"));
        assertThat(source.snapshot().keySet()).containsExactly("a", "a/d");
    }

    @Test
    void whatIsMountedIsNeitherRemovedNorCountedNorCopied() throws IOException {
        Gate.overlay();
        source.file("d/m/hidden", "x").file("d/f", "y");
        var mountPoint = FileNames.encode(source.path + "/d/m");
        var tmpfs = FileNames.encode("tmpfs");
        Errno.check(Tree.LINUX.mount(tmpfs, mountPoint, tmpfs, 0, new byte[0]), "mount", "");
        try {
            source.file("d/m/mounted", "z".repeat(1_000_000));
            assertThat(TreeUsage.bytes(Tree.LINUX, source.fd())).isLessThan(500_000);
            TreeCopy.copy(Tree.LINUX, source.fd(), target.fd(), TreeCopy.Mode.CONTENT);
            assertThat(target.snapshot().keySet()).containsExactly("d", "d/f", "d/m");
            assertThatThrownBy(() -> source.remove("d")).hasMessageContaining("EBUSY");
            assertThat(source.exists("d/m/mounted")).isTrue();
        } finally {
            Tree.LINUX.umount2(mountPoint, 0);
        }
        source.remove("d");
    }

    @Test
    void filesOfSeveralNamesAreCountedOnce() throws IOException {
        source.file("a", new byte[100_000]);
        var one = TreeUsage.bytes(Tree.LINUX, source.fd());
        source.link("b", "a").link("c", "a");
        var three = TreeUsage.bytes(Tree.LINUX, source.fd());
        assertThat(one).isGreaterThanOrEqualTo(100_000);
        assertThat(three - one).isLessThan(50_000);
    }

    @Test
    void aSetOfNumbersIsASet() {
        var set = new LongSet();
        var expected = new HashSet<Long>();
        var random = new Random(5);
        for (var i = 0; i < 100_000; i++) {
            var value = (long) random.nextInt(2000) * (random.nextBoolean() ? 1 : 1L << 40);
            switch (random.nextInt(3)) {
                case 0 -> assertThat(set.add(value)).isEqualTo(expected.add(value));
                case 1 -> assertThat(set.remove(value)).isEqualTo(expected.remove(value));
                default -> assertThat(set.contains(value)).isEqualTo(expected.contains(value));
            }
        }
        assertThat(set.isEmpty()).isEqualTo(expected.isEmpty());
    }
}
