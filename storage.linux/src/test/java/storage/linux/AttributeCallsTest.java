package storage.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static storage.linux.Folder.bytes;
import static storage.linux.Folder.fails;
import static storage.linux.Folder.ok;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AttributeCallsTest {
    private static final byte[] NAME = bytes("user.some");
    private final Syscalls linux = Folder.LINUX;
    private Folder folder;
    private byte[] path;
    private int fd;

    @BeforeEach
    void open(@TempDir Path temp) {
        folder = new Folder(temp);
        path = bytes(folder.below("file"));
        fd = folder.create("file");
    }

    @AfterEach
    void close() {
        ok(linux.close(fd));
        folder.close();
    }

    @Test
    void threeWaysToTheSameAttribute() {
        var value = new byte[] {0, 1, -1, 0};
        ok(linux.setxattr(path, NAME, value, 0));
        assertThat(linux.getxattr(path, NAME, new byte[0])).isEqualTo(4);
        for (var way = 0; way < 3; way++) {
            var into = new byte[10];
            var count = way == 0
                    ? linux.getxattr(path, NAME, into)
                    : way == 1 ? linux.lgetxattr(path, NAME, into) : linux.fgetxattr(fd, NAME, into);
            assertThat(count).isEqualTo(4);
            assertThat(into).startsWith(value);
        }
        ok(linux.lsetxattr(path, bytes("user.two"), new byte[0], 0));
        ok(linux.fsetxattr(fd, bytes("user.three"), value, 0));
        assertThat(linux.getxattr(path, bytes("user.two"), new byte[9])).isZero();
        var names = new byte[1000];
        var length = linux.listxattr(path, names);
        assertThat(new String(names, 0, length, StandardCharsets.UTF_8).split("\0"))
                .contains("user.some", "user.two", "user.three");
        assertThat(linux.llistxattr(path, names)).isEqualTo(length);
        assertThat(linux.flistxattr(fd, new byte[0])).isEqualTo(length);
        ok(linux.removexattr(path, NAME));
        ok(linux.lremovexattr(path, bytes("user.two")));
        ok(linux.fremovexattr(fd, bytes("user.three")));
        fails(linux.fgetxattr(fd, NAME, names), Errno.ENODATA);
    }

    @Test
    void errorsAreToldApart() {
        fails(linux.getxattr(path, NAME, new byte[0]), Errno.ENODATA);
        fails(linux.removexattr(path, NAME), Errno.ENODATA);
        fails(linux.setxattr(path, NAME, new byte[1], AttributeCalls.XATTR_REPLACE), Errno.ENODATA);
        ok(linux.setxattr(path, NAME, new byte[9], AttributeCalls.XATTR_CREATE));
        fails(linux.setxattr(path, NAME, new byte[1], AttributeCalls.XATTR_CREATE), Errno.EEXIST);
        fails(linux.getxattr(path, NAME, new byte[8]), Errno.ERANGE);
        fails(linux.getxattr(path, bytes("nonsense"), new byte[8]), Errno.EOPNOTSUPP);
        fails(linux.getxattr(bytes(folder.below("none")), NAME, new byte[8]), Errno.ENOENT);
        fails(linux.getxattr(path, new byte[] {'u', 0}, new byte[8]), Errno.EINVAL);
        fails(linux.getxattr(path, bytes("user." + "n".repeat(251)), new byte[8]), Errno.ERANGE);
        fails(linux.setxattr(path, NAME, new byte[65537], 0), Errno.E2BIG);
        fails(linux.fgetxattr(-1, NAME, new byte[8]), Errno.EBADF);
    }

    @Test
    void valuesUpToTheKernelsLimit() {
        // ext4 keeps a few kilobytes only, tmpfs and xfs the whole 64
        var random = new Random(7);
        for (var size : new int[] {1, 100, 3000, 40_000, 65_536}) {
            var value = new byte[size];
            random.nextBytes(value);
            var result = linux.fsetxattr(fd, NAME, value, 0);
            if (result < 0) {
                fails(result, Errno.ENOSPC);
                continue;
            }
            var into = new byte[70_000];
            assertThat(linux.fgetxattr(fd, NAME, into)).isEqualTo(size);
            assertThat(into).startsWith(value);
        }
    }

    @Test
    void symbolicLinksAndPathsOfDescriptors() {
        Gate.root();
        ok(linux.symlinkat(bytes("file"), folder.fd, bytes("link")));
        var link = bytes(folder.below("link"));
        ok(linux.lsetxattr(link, bytes("trusted.l"), new byte[] {1}, 0));
        fails(linux.getxattr(link, bytes("trusted.l"), new byte[1]), Errno.ENODATA);
        assertThat(linux.lgetxattr(link, bytes("trusted.l"), new byte[1])).isEqualTo(1);
        var opened = ok(linux.openat(folder.fd, bytes("file"), FileCalls.O_PATH | FileCalls.O_NOFOLLOW, 0));
        fails(linux.fsetxattr(opened, NAME, new byte[1], 0), Errno.EBADF);
        ok(linux.setxattr(ProcFd.path(opened), NAME, new byte[1], 0));
        assertThat(linux.fgetxattr(fd, NAME, new byte[1])).isEqualTo(1);
        ok(linux.close(opened));
    }
}
