package storage.testkit.tree;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import storage.api.FileNames;
import storage.linux.Errno;
import storage.linux.Fd;
import storage.linux.FileCalls;
import storage.linux.PathBytes;
import storage.linux.Stat;
import storage.linux.Syscalls;

/**
 * Makes and changes files below a folder by plain system calls, as a program inside the tree would. Paths are relative,
 * without a leading slash, in {@link FileNames} convention; the empty path is the folder. Each call fails loudly.
 */
public final class TreeMaker {
    private final Syscalls linux;
    private final byte[] base;

    /** @param folder the folder; need not exist yet */
    public TreeMaker(Syscalls linux, Path folder) {
        this.linux = linux;
        this.base = PathBytes.of(folder);
    }

    /** A directory of mode 0755. */
    public TreeMaker directory(String path) throws IOException {
        return directory(path, 0755);
    }

    /** A directory; the umask does not count. */
    public TreeMaker directory(String path, int mode) throws IOException {
        check(linux.mkdirat(FileCalls.AT_FDCWD, bytes(path), mode), "mkdirat", path);
        return mode(path, mode);
    }

    /** A new file of mode 0644. */
    public TreeMaker file(String path, String content) throws IOException {
        return file(path, content.getBytes(StandardCharsets.UTF_8));
    }

    /** A new file of mode 0644. */
    public TreeMaker file(String path, byte[] content) throws IOException {
        write(path, content, 0, FileCalls.O_CREAT | FileCalls.O_EXCL);
        return mode(path, 0644);
    }

    /** New content of a file that is there, which stays the same inode. */
    public TreeMaker overwrite(String path, String content) throws IOException {
        write(path, content.getBytes(StandardCharsets.UTF_8), 0, FileCalls.O_TRUNC);
        return this;
    }

    /** Bytes in the middle of a file that is there. */
    public TreeMaker patch(String path, long offset, String content) throws IOException {
        write(path, content.getBytes(StandardCharsets.UTF_8), offset, 0);
        return this;
    }

    private void write(String path, byte[] content, long offset, int flags) throws IOException {
        var text = FileNames.decode(bytes(path));
        try (var fd = Fd.open(linux, FileCalls.AT_FDCWD, text, flags | FileCalls.O_WRONLY, 0600)) {
            var buffer = ByteBuffer.allocateDirect(content.length).put(content).flip();
            while (buffer.hasRemaining()) {
                check(linux.pwrite(fd.number(), buffer, offset + buffer.position()), "pwrite", path);
            }
        }
    }

    /** A file of that size without any block. */
    public TreeMaker hole(String path, long size) throws IOException {
        file(path, new byte[0]);
        try (var fd = Fd.open(linux, FileCalls.AT_FDCWD, FileNames.decode(bytes(path)), FileCalls.O_WRONLY, 0)) {
            check(linux.ftruncate(fd.number(), size), "ftruncate", path);
        }
        return this;
    }

    public TreeMaker symlink(String path, String target) throws IOException {
        check(linux.symlinkat(FileNames.encode(target), FileCalls.AT_FDCWD, bytes(path)), "symlinkat", path);
        return this;
    }

    /** One more name of a file that is there. */
    public TreeMaker link(String path, String existing) throws IOException {
        var result = linux.linkat(FileCalls.AT_FDCWD, bytes(existing), FileCalls.AT_FDCWD, bytes(path), 0);
        check(result, "linkat", path);
        return this;
    }

    public TreeMaker fifo(String path) throws IOException {
        return node(path, Stat.S_IFIFO | 0644, 0);
    }

    /** A device; needs root. */
    public TreeMaker device(String path, int type, int major, int minor) throws IOException {
        return node(path, type | 0660, Stat.device(major, minor));
    }

    private TreeMaker node(String path, int mode, long device) throws IOException {
        check(linux.mknodat(FileCalls.AT_FDCWD, bytes(path), mode, device), "mknodat", path);
        return mode(path, mode & 07777);
    }

    public TreeMaker mode(String path, int mode) throws IOException {
        check(linux.fchmodat(FileCalls.AT_FDCWD, bytes(path), mode), "fchmodat", path);
        return this;
    }

    public TreeMaker owner(String path, int uid, int gid) throws IOException {
        var result = linux.fchownat(FileCalls.AT_FDCWD, bytes(path), uid, gid, FileCalls.AT_SYMLINK_NOFOLLOW);
        check(result, "fchownat", path);
        return this;
    }

    /** The time of the last change of content. */
    public TreeMaker time(String path, long seconds, long nanos) throws IOException {
        check(
                linux.utimensat(
                        FileCalls.AT_FDCWD, bytes(path), seconds, nanos, seconds, nanos, FileCalls.AT_SYMLINK_NOFOLLOW),
                "utimensat",
                path);
        return this;
    }

    public TreeMaker xattr(String path, String name, byte[] value) throws IOException {
        check(linux.lsetxattr(bytes(path), FileNames.encode(name), value, 0), "lsetxattr " + name, path);
        return this;
    }

    /** Removes a file, or a directory with everything in it. */
    public TreeMaker remove(String path) throws IOException {
        var result = linux.unlinkat(FileCalls.AT_FDCWD, bytes(path), 0);
        if (result == -Errno.EISDIR || result == -Errno.EPERM) {
            for (var name : Names.of(linux, bytes(path))) {
                remove(path + "/" + name);
            }
            result = linux.unlinkat(FileCalls.AT_FDCWD, bytes(path), FileCalls.AT_REMOVEDIR);
        }
        check(result, "unlinkat", path);
        return this;
    }

    /** Renames, as the kernel does; union filesystems answer EXDEV for directories of lower layers. */
    public int rename(String from, String to) {
        return linux.renameat2(FileCalls.AT_FDCWD, bytes(from), FileCalls.AT_FDCWD, bytes(to), 0);
    }

    /** What is known of a file. */
    public Stat stat(String path) throws IOException {
        var stat = new Stat();
        var flags = FileCalls.AT_SYMLINK_NOFOLLOW;
        check(linux.stat(FileCalls.AT_FDCWD, bytes(path), flags, stat), "stat", path);
        return stat;
    }

    /** Whether there is a file of that name. */
    public boolean has(String path) {
        return linux.stat(FileCalls.AT_FDCWD, bytes(path), FileCalls.AT_SYMLINK_NOFOLLOW, new Stat()) == 0;
    }

    /** The content of a regular file. */
    public String read(String path) throws IOException {
        return new String(Names.content(linux, bytes(path)), StandardCharsets.UTF_8);
    }

    private byte[] bytes(String path) {
        var relative = FileNames.encode(path);
        var all = java.util.Arrays.copyOf(base, base.length + 1 + relative.length);
        all[base.length] = '/';
        System.arraycopy(relative, 0, all, base.length + 1, relative.length);
        return all;
    }

    private void check(int result, String call, String path) throws IOException {
        Errno.check(result, call, FileNames.decode(bytes(path)));
    }
}
