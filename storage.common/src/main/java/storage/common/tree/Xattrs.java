package storage.common.tree;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import storage.common.Xattr;
import storage.linux.Errno;
import storage.linux.SyscallException;
import storage.linux.Syscalls;

/**
 * Extended attributes of files, by descriptor where one is open, else through {@code /proc/self/fd/DIRECTORY/NAME}, whose
 * last component is not followed.
 */
public final class Xattrs {
    private static final byte[] NONE = {};

    private final Syscalls linux;
    private byte[] names = new byte[1024];
    private byte[] value = new byte[1024];

    public Xattrs(Syscalls linux) {
        this.linux = linux;
    }

    /** The path that stands for a descriptor, O_PATH ones included. */
    public static byte[] path(int fd) {
        return ("/proc/self/fd/" + fd).getBytes(StandardCharsets.US_ASCII);
    }

    /** The path of a name in an open directory. */
    public static byte[] path(int dirfd, byte[] name) {
        var directory = ("/proc/self/fd/" + dirfd + "/").getBytes(StandardCharsets.US_ASCII);
        var path = Arrays.copyOf(directory, directory.length + name.length);
        System.arraycopy(name, 0, path, directory.length, name.length);
        return path;
    }

    /** All attributes of an open file, in the order of names; empty where the filesystem has none. */
    public List<Xattr> of(int fd) throws SyscallException {
        return all(fd, NONE);
    }

    /** All attributes of a file that is not opened, a symbolic link or device. */
    public List<Xattr> of(int dirfd, byte[] name) throws SyscallException {
        return all(-1, path(dirfd, name));
    }

    private List<Xattr> all(int fd, byte[] path) throws SyscallException {
        var length = list(fd, path);
        while (length == -Errno.ERANGE) {
            names = new byte[64 << 10];
            length = list(fd, path);
        }
        if (length == 0 || length == -Errno.EOPNOTSUPP || length == -Errno.EPERM || length == -Errno.EACCES) {
            return List.of();
        }
        Errno.check(length, "listxattr", "");
        List<Xattr> all = new ArrayList<>();
        for (var from = 0; from < length; ) {
            var to = from;
            while (names[to] != 0) {
                to++;
            }
            var name = Arrays.copyOfRange(names, from, to);
            from = to + 1;
            var found = get(fd, path, name);
            if (found != null) {
                all.add(new Xattr(name, found));
            }
        }
        all.sort((a, b) -> Arrays.compareUnsigned(a.name(), b.name()));
        return all;
    }

    private int list(int fd, byte[] path) {
        return fd >= 0 ? linux.flistxattr(fd, names) : linux.llistxattr(path, names);
    }

    /** One attribute of an open file; null if there is none of that name. */
    public byte[] get(int fd, byte[] name) throws SyscallException {
        return get(fd, NONE, name);
    }

    private byte[] get(int fd, byte[] path, byte[] name) throws SyscallException {
        var length = read(fd, path, name);
        if (length == -Errno.ERANGE) {
            value = new byte[64 << 10];
            length = read(fd, path, name);
        }
        if (length == -Errno.ENODATA || length == -Errno.EOPNOTSUPP) {
            return null;
        }
        Errno.check(length, "getxattr", storage.api.FileNames.decode(name));
        return Arrays.copyOf(value, length);
    }

    private int read(int fd, byte[] path, byte[] name) {
        return fd >= 0 ? linux.fgetxattr(fd, name, value) : linux.lgetxattr(path, name, value);
    }
}
