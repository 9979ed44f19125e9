package storage.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static storage.linux.FileCalls.*;
import static storage.linux.Folder.bytes;
import static storage.linux.Folder.direct;
import static storage.linux.Folder.fails;
import static storage.linux.Folder.ok;
import static storage.linux.Folder.text;

import java.nio.ByteBuffer;
import java.nio.ReadOnlyBufferException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileCallsTest {
    private final Syscalls linux = Folder.LINUX;
    private Folder folder;

    @BeforeEach
    void open(@TempDir Path path) {
        folder = new Folder(path);
    }

    @AfterEach
    void close() {
        folder.close();
    }

    @Test
    void opensMakesAndRefuses() {
        var old = linux.umask(0);
        try {
            var fd = ok(linux.openat(folder.fd, bytes("made"), O_CREAT | O_RDWR, 04640));
            assertThat(folder.stat("made").permissions()).isEqualTo(04640);
            ok(linux.close(fd));
        } finally {
            assertThat(linux.umask(old)).isZero();
        }
        fails(linux.openat(folder.fd, bytes("made"), O_CREAT | O_EXCL, 0600), Errno.EEXIST);
        fails(linux.openat(folder.fd, bytes("missing"), O_RDONLY, 0), Errno.ENOENT);
        fails(linux.openat(folder.fd, bytes(""), O_RDONLY, 0), Errno.ENOENT);
        fails(linux.openat(folder.fd, bytes("made"), O_RDONLY | O_DIRECTORY, 0), Errno.ENOTDIR);
        fails(linux.openat(-1, bytes("made"), O_RDONLY, 0), Errno.EBADF);
        fails(linux.close(-1), Errno.EBADF);
    }

    @Test
    void aNameWithAZeroByteReachesNothing() {
        folder.write("a", "");
        fails(linux.openat(folder.fd, new byte[] {'a', 0, 'b'}, O_RDONLY, 0), Errno.EINVAL);
        fails(linux.unlinkat(folder.fd, new byte[] {'a', 0}, 0), Errno.EINVAL);
        fails(linux.renameat2(folder.fd, bytes("a"), folder.fd, new byte[] {'b', 0}, 0), Errno.EINVAL);
        fails(linux.symlinkat(new byte[] {0}, folder.fd, bytes("l")), Errno.EINVAL);
        assertThat(folder.path.resolve("a")).exists();
    }

    @Test
    void tooLongNamesAndPathsAreToldApartFromMissingOnes() {
        fails(linux.openat(folder.fd, bytes("n".repeat(256)), O_RDONLY, 0), Errno.ENAMETOOLONG);
        fails(linux.openat(folder.fd, bytes("n/".repeat(2047) + "n"), O_RDONLY, 0), Errno.ENOENT);
        fails(linux.openat(folder.fd, bytes("n/".repeat(2048)), O_RDONLY, 0), Errno.ENAMETOOLONG);
        var longest = "n".repeat(255);
        ok(linux.close(folder.create(longest)));
        var far = longest + "/" + "../".repeat(1200);
        fails(linux.linkat(folder.fd, bytes(far), folder.fd, bytes(far), 0), Errno.ENOTDIR);
    }

    @Test
    void openat2StaysInside() {
        ok(linux.mkdirat(folder.fd, bytes("root"), 0755));
        folder.write("root/inside", "in");
        ok(linux.symlinkat(bytes("/inside"), folder.fd, bytes("root/absolute")));
        ok(linux.symlinkat(bytes("../../../inside"), folder.fd, bytes("root/up")));
        var root = ok(linux.openat(folder.fd, bytes("root"), O_PATH | O_DIRECTORY, 0));
        for (var name : new String[] {"inside", "absolute", "up", "/inside", "../inside"}) {
            ok(linux.close(ok(linux.openat2(root, bytes(name), O_RDONLY, 0, RESOLVE_IN_ROOT))));
        }
        fails(linux.openat2(root, bytes("absolute"), O_RDONLY, 0, RESOLVE_BENEATH), Errno.EXDEV);
        fails(linux.openat2(root, bytes("absolute"), O_RDONLY, 0, RESOLVE_NO_SYMLINKS), Errno.ELOOP);
        fails(linux.openat2(root, bytes("none"), O_RDONLY, 0, RESOLVE_IN_ROOT), Errno.ENOENT);
        fails(linux.openat2(root, bytes("new"), O_RDONLY, 0644, RESOLVE_IN_ROOT), Errno.EINVAL);
        var made = ok(linux.openat2(root, bytes("new"), O_CREAT | O_RDWR, 0600, RESOLVE_IN_ROOT));
        assertThat(folder.stat("root/new").permissions()).isEqualTo(0600);
        ok(linux.close(made));
        ok(linux.close(root));
    }

    @Test
    void readsAndWritesAtPositions() {
        var fd = folder.create("f");
        var out = direct("..hello, world..").position(2).limit(14);
        assertThat(linux.write(fd, out)).isEqualTo(12);
        assertThat(out.position()).isEqualTo(14);
        assertThat(linux.pwrite(fd, direct("W"), 7)).isEqualTo(1);
        assertThat(linux.lseek(fd, 0, SEEK_CUR)).isEqualTo(12);
        assertThat(linux.lseek(fd, 0, SEEK_SET)).isZero();
        var in = ByteBuffer.allocateDirect(20).position(1);
        assertThat(linux.read(fd, in)).isEqualTo(12);
        assertThat(text(in)).isEqualTo("\0hello, World");
        assertThat(linux.read(fd, in)).isZero();
        var slice = ByteBuffer.allocateDirect(10).position(4).slice();
        assertThat(linux.pread(fd, slice.limit(5), 7)).isEqualTo(5);
        assertThat(text(slice)).isEqualTo("World");
        ok(linux.close(fd));
        fails(linux.read(fd, ByteBuffer.allocateDirect(1)), Errno.EBADF);
    }

    @Test
    void buffersThatTheKernelCannotUseAreRefused() {
        var fd = folder.create("f");
        assertThatIllegalArgumentException().isThrownBy(() -> linux.read(fd, ByteBuffer.allocate(1)));
        assertThatIllegalArgumentException().isThrownBy(() -> linux.write(fd, ByteBuffer.allocate(1)));
        var readOnly = ByteBuffer.allocateDirect(1).asReadOnlyBuffer();
        assertThatThrownBy(() -> linux.read(fd, readOnly)).isInstanceOf(ReadOnlyBufferException.class);
        assertThat(linux.write(fd, readOnly)).isEqualTo(1);
        ok(linux.close(fd));
    }

    @Test
    void offsetsBeyondFourGigabytesAndHoles() {
        var fd = folder.create("sparse");
        var far = 5L << 30;
        ok(linux.ftruncate(fd, far + 4096));
        assertThat(linux.pwrite(fd, direct("x"), far)).isEqualTo(1);
        assertThat(folder.stat("sparse").size).isEqualTo(far + 4096);
        assertThat(folder.stat("sparse").blocks).isLessThan(100);
        assertThat(linux.lseek(fd, 0, SEEK_DATA)).isEqualTo(far);
        assertThat(linux.lseek(fd, far, SEEK_HOLE)).isEqualTo(far + 4096);
        assertThat(linux.lseek(fd, far + 4096, SEEK_DATA)).isEqualTo(-Errno.ENXIO);
        ok(linux.fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, far, 4096));
        assertThat(linux.lseek(fd, 0, SEEK_DATA)).isEqualTo(-Errno.ENXIO);
        ok(linux.close(fd));
    }

    @Test
    void theKernelCopies() {
        folder.write("from", "0123456789");
        var from = ok(linux.openat(folder.fd, bytes("from"), O_RDONLY, 0));
        var to = folder.create("to");
        assertThat(linux.copyFileRange(from, to, 4)).isEqualTo(4);
        assertThat(linux.sendfile(to, from, 100)).isEqualTo(6);
        assertThat(linux.sendfile(to, from, 100)).isZero();
        assertThat(folder.path.resolve("to")).hasContent("0123456789");
        ok(linux.close(from));
        ok(linux.close(to));
    }

    @Test
    void syncsLocksAndDuplicates() {
        var fd = folder.create("f");
        ok(linux.fsync(fd));
        ok(linux.fdatasync(fd));
        ok(linux.syncfs(fd));
        var other = ok(linux.openat(folder.fd, bytes("f"), O_RDONLY, 0));
        ok(linux.flock(fd, LOCK_EX | LOCK_NB));
        fails(linux.flock(other, LOCK_EX | LOCK_NB), Errno.EAGAIN);
        ok(linux.flock(fd, LOCK_UN));
        ok(linux.flock(other, LOCK_SH | LOCK_NB));
        var twin = ok(linux.dup(fd));
        assertThat(twin).isNotEqualTo(fd);
        assertThat(linux.lseek(fd, 3, SEEK_SET)).isEqualTo(3);
        assertThat(linux.lseek(twin, 0, SEEK_CUR)).isEqualTo(3);
        for (var each : new int[] {fd, other, twin}) {
            ok(linux.close(each));
        }
    }

    @Test
    void linksRenamesAndRemoves() {
        folder.write("a", "a");
        ok(linux.linkat(folder.fd, bytes("a"), folder.fd, bytes("b"), 0));
        assertThat(folder.stat("b").inode).isEqualTo(folder.stat("a").inode);
        assertThat(folder.stat("b").links).isEqualTo(2);
        folder.write("c", "c");
        fails(linux.renameat2(folder.fd, bytes("c"), folder.fd, bytes("a"), RENAME_NOREPLACE), Errno.EEXIST);
        ok(linux.renameat2(folder.fd, bytes("c"), folder.fd, bytes("a"), RENAME_EXCHANGE));
        assertThat(folder.path.resolve("a")).hasContent("c");
        ok(linux.renameat2(folder.fd, bytes("c"), folder.fd, bytes("d"), 0));
        ok(linux.unlinkat(folder.fd, bytes("d"), 0));
        fails(linux.unlinkat(folder.fd, bytes("d"), 0), Errno.ENOENT);
        ok(linux.mkdirat(folder.fd, bytes("dir"), 0700));
        fails(linux.mkdirat(folder.fd, bytes("dir"), 0700), Errno.EEXIST);
        fails(linux.unlinkat(folder.fd, bytes("dir"), 0), Errno.EISDIR);
        ok(linux.unlinkat(folder.fd, bytes("dir"), AT_REMOVEDIR));
    }

    @Test
    void linksToTheFileOfADescriptor() {
        folder.write("a", "a");
        var fd = ok(linux.openat(folder.fd, bytes("a"), O_PATH | O_NOFOLLOW, 0));
        ok(linux.linkat(AT_FDCWD, ProcFd.path(fd), folder.fd, bytes("b"), AT_SYMLINK_FOLLOW));
        assertThat(folder.stat("a").links).isEqualTo(2);
        assertThat(ProcFd.target(linux, fd)).isEqualTo(folder.below("a"));
        ok(linux.close(fd));
        assertThat(ProcFd.target(linux, fd)).isEqualTo("descriptor " + fd);
        assertThat(ProcFd.path(0)).asString().isEqualTo("/proc/self/fd/0");
        assertThat(ProcFd.path(1020)).asString().isEqualTo("/proc/self/fd/1020");
    }

    @Test
    void symbolicLinksAreReadWhole() {
        var target = "t/".repeat(2000);
        ok(linux.symlinkat(bytes(target), folder.fd, bytes("link")));
        var into = new byte[5000];
        assertThat(linux.readlinkat(folder.fd, bytes("link"), into)).isEqualTo(4000);
        assertThat(new String(into, 0, 4000, java.nio.charset.StandardCharsets.US_ASCII))
                .isEqualTo(target);
        assertThat(linux.readlinkat(folder.fd, bytes("link"), new byte[3])).isEqualTo(3);
        fails(linux.readlinkat(folder.fd, bytes("."), into), Errno.EINVAL);
        fails(linux.openat(folder.fd, bytes("link"), O_RDONLY | O_NOFOLLOW, 0), Errno.ELOOP);
    }

    @Test
    void namesAreBytes() throws Exception {
        var name = new byte[255];
        for (var i = 0; i < name.length; i++) {
            name[i] = (byte) (i + 1 == '/' ? 'x' : i + 1);
        }
        ok(linux.close(ok(linux.openat(folder.fd, name, O_CREAT | O_WRONLY, 0600))));
        var stream = new DirectoryStream(linux, folder.fd);
        assertThat(stream.next()).isTrue();
        assertThat(stream.name()).isEqualTo(name);
        ok(linux.unlinkat(folder.fd, name, 0));
    }

    @Test
    void timesInNanoseconds() {
        folder.write("f", "");
        ok(linux.utimensat(folder.fd, bytes("f"), 1, 2, -5, 999_999_999, AT_SYMLINK_NOFOLLOW));
        var stat = folder.stat("f");
        assertThat(stat.accessedSeconds).isEqualTo(1);
        assertThat(stat.accessedNanos).isEqualTo(2);
        assertThat(stat.modifiedSeconds).isEqualTo(-5);
        assertThat(stat.modifiedNanos).isEqualTo(999_999_999);
        var fd = ok(linux.openat(folder.fd, bytes("f"), O_RDONLY, 0));
        ok(linux.futimens(fd, 0, UTIME_OMIT, 7_000_000_000L, 8));
        ok(linux.close(fd));
        stat = folder.stat("f");
        assertThat(stat.accessedSeconds).isEqualTo(1);
        assertThat(stat.modifiedSeconds).isEqualTo(7_000_000_000L);
        assertThat(stat.modifiedNanos).isEqualTo(8);
        ok(linux.symlinkat(bytes("nowhere"), folder.fd, bytes("l")));
        ok(linux.utimensat(folder.fd, bytes("l"), 3, 4, 5, 6, AT_SYMLINK_NOFOLLOW));
        assertThat(folder.stat("l").modifiedNanos).isEqualTo(6);
    }

    @Test
    void modesAndFifos() {
        folder.write("f", "");
        ok(linux.fchmodat(folder.fd, bytes("f"), 02711));
        assertThat(folder.stat("f").permissions()).isEqualTo(02711);
        var fd = ok(linux.openat(folder.fd, bytes("f"), O_RDONLY, 0));
        ok(linux.fchmod(fd, 0600));
        ok(linux.fchown(fd, -1, linux.getegid()));
        ok(linux.close(fd));
        assertThat(folder.stat("f").permissions()).isEqualTo(0600);
        ok(linux.mknodat(folder.fd, bytes("fifo"), Stat.S_IFIFO | 0600, 0));
        assertThat(folder.stat("fifo").type()).isEqualTo(Stat.S_IFIFO);
    }

    @Test
    void ownersAndDevices() {
        Gate.root();
        folder.write("f", "");
        ok(linux.symlinkat(bytes("f"), folder.fd, bytes("l")));
        ok(linux.fchownat(folder.fd, bytes("l"), 70_000, (int) 4_000_000_000L, AT_SYMLINK_NOFOLLOW));
        assertThat(folder.stat("l").uid).isEqualTo(70_000);
        assertThat(Integer.toUnsignedLong(folder.stat("l").gid)).isEqualTo(4_000_000_000L);
        assertThat(folder.stat("f").uid).isZero();
        ok(linux.fchownat(folder.fd, bytes("f"), 5, 0, 0));
        assertThat(folder.stat("f").uid).isEqualTo(5);
        assertThat(folder.stat("f").gid).isZero();
        var device = Stat.device(259, 70_000);
        ok(linux.mknodat(folder.fd, bytes("block"), Stat.S_IFBLK | 0600, device));
        assertThat(folder.stat("block").special).isEqualTo(device);
        assertThat(Stat.major(device)).isEqualTo(259);
        assertThat(Stat.minor(device)).isEqualTo(70_000);
        ok(linux.mknodat(folder.fd, bytes("white"), Stat.S_IFCHR, 0));
        assertThat(folder.stat("white").isWhiteout()).isTrue();
        assertThat(folder.stat("block").isWhiteout()).isFalse();
    }

    @Test
    void statAgreesWithTheProgram() throws Exception {
        folder.write("f", "content");
        ok(linux.symlinkat(bytes("f"), folder.fd, bytes("l")));
        ok(linux.mkdirat(folder.fd, bytes("d"), 01777));
        for (var path : new String[] {folder.below("f"), folder.below("l"), folder.below("d"), "/dev/null", "/"}) {
            var stat = new Stat();
            ok(linux.stat(AT_FDCWD, bytes(path), AT_SYMLINK_NOFOLLOW, stat));
            var process =
                    new ProcessBuilder("stat", "-c", "%f %u %g %h %i %s %b %d %Hr %Lr %.9X %.9Y %.9Z", path).start();
            var expected =
                    new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.US_ASCII);
            process.waitFor();
            assertThat("%x %d %d %d %d %d %d %d %d %d %d.%09d %d.%09d %d.%09d%n"
                            .formatted(
                                    stat.mode,
                                    stat.uid,
                                    stat.gid,
                                    stat.links,
                                    stat.inode,
                                    stat.size,
                                    stat.blocks,
                                    stat.device,
                                    Stat.major(stat.special),
                                    Stat.minor(stat.special),
                                    stat.accessedSeconds,
                                    stat.accessedNanos,
                                    stat.modifiedSeconds,
                                    stat.modifiedNanos,
                                    stat.changedSeconds,
                                    stat.changedNanos))
                    .isEqualTo(expected);
            assertThat(MountTable.read().byId(stat.mount)).isPresent();
        }
    }

    @Test
    void statOfADescriptor() {
        var fd = folder.create("f");
        var stat = new Stat();
        ok(linux.stat(fd, new byte[0], AT_EMPTY_PATH, stat));
        assertThat(stat.isRegular()).isTrue();
        assertThat(stat.inode).isEqualTo(folder.stat("f").inode);
        ok(linux.close(fd));
        var before = stat.inode;
        fails(linux.stat(fd, new byte[0], AT_EMPTY_PATH, stat), Errno.EBADF);
        assertThat(stat.inode).as("a failed call leaves it as it was").isEqualTo(before);
    }

    @Test
    void manyOpensLeakNoDescriptor() throws Exception {
        folder.write("f", "");
        var before = descriptors();
        for (var i = 0; i < 2000; i++) {
            try (var fd = Fd.open(linux, folder.fd, "f", O_RDONLY, 0)) {
                assertThat(fd.number()).isPositive();
            }
        }
        assertThat(descriptors()).isEqualTo(before);
    }

    private static long descriptors() throws Exception {
        try (var files = Files.list(Path.of("/proc/self/fd"))) {
            return files.count();
        }
    }
}
