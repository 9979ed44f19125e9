package storage.common.tree;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import storage.api.FileNames;
import storage.linux.Errno;
import storage.linux.SyscallException;
import storage.linux.Syscalls;

/** Removes trees. */
public final class TreeRemoval {
    private final Syscalls linux;

    private TreeRemoval(Syscalls linux) {
        this.linux = linux;
    }

    /**
     * Removes a file, or a directory with everything in it. Follows no symbolic link and crosses into no other mount:
     * one that is in the way gives EBUSY. What is not there is no error. Directories that their owner may not write to
     * are made writable first.
     *
     * @param dirfd the directory that holds it
     * @param name its name there; if it is a path, the directories before the last component are not checked for links
     */
    public static void remove(Syscalls linux, int dirfd, byte[] name) throws IOException {
        var slash = name.length - 1;
        while (slash >= 0 && name[slash] != '/') {
            slash--;
        }
        if (slash < 0 && dirfd != Syscalls.AT_FDCWD) {
            removeName(linux, dirfd, name);
            return;
        }
        var above = slash < 0 ? "." : slash == 0 ? "/" : FileNames.decode(name, 0, slash);
        var flags = Syscalls.O_RDONLY | Syscalls.O_DIRECTORY | Syscalls.O_CLOEXEC;
        var parent = linux.openat(dirfd, FileNames.encode(above), flags, 0);
        if (parent == -Errno.ENOENT) {
            return;
        }
        Errno.check(parent, "openat", above);
        try {
            removeName(linux, parent, Arrays.copyOfRange(name, slash + 1, name.length));
        } finally {
            linux.close(parent);
        }
    }

    private static void removeName(Syscalls linux, int dirfd, byte[] name) throws IOException {
        var result = linux.unlinkat(dirfd, name, 0);
        if (result == 0 || result == -Errno.ENOENT) {
            return;
        }
        if (result == -Errno.EISDIR || result == -Errno.EPERM) {
            var first = result;
            result = linux.unlinkat(dirfd, name, Syscalls.AT_REMOVEDIR);
            if (result == 0 || result == -Errno.ENOENT) {
                return;
            }
            result = result == -Errno.ENOTDIR ? first : result;
        }
        if (result != -Errno.ENOTEMPTY && result != -Errno.EEXIST) {
            throw new SyscallException("unlinkat", FileNames.decode(name), -result);
        }
        new TreeRemoval(linux).tree(dirfd, name);
    }

    private void tree(int dirfd, byte[] name) throws IOException {
        try (var stack = new DirStack(linux, dirfd)) {
            // names of the directories that are still to be removed, one list a level
            Deque<List<byte[]>> levels = new ArrayDeque<>();
            Deque<byte[]> path = new ArrayDeque<>();
            levels.push(new ArrayList<>(List.of(name)));
            while (true) {
                var waiting = levels.peek();
                if (!waiting.isEmpty()) {
                    var next = waiting.remove(waiting.size() - 1);
                    if (enter(stack, next, !path.isEmpty())) {
                        path.push(next);
                        levels.push(files(stack.fd()));
                    }
                    continue;
                }
                levels.pop();
                if (path.isEmpty()) {
                    return;
                }
                stack.pop();
                rmdir(stack.fd(), path.pop());
            }
        }
    }

    private boolean enter(DirStack stack, byte[] name, boolean mayBeEmpty) throws SyscallException {
        // many are, and then that is all
        var result = mayBeEmpty ? linux.unlinkat(stack.fd(), name, Syscalls.AT_REMOVEDIR) : -Errno.ENOTEMPTY;
        if (result == 0 || result == -Errno.ENOENT) {
            return false;
        }
        result = stack.push(name);
        if (result == -Errno.ENOENT) {
            return false;
        }
        if (result == -Errno.ENOTDIR || result == -Errno.ELOOP) {
            // swapped for something else meanwhile
            unlink(stack.fd(), name);
            return false;
        }
        Errno.check(result, "openat", FileNames.decode(name));
        if ((stack.stat().mode & 0700) != 0700 && linux.geteuid() != 0) {
            Errno.check(linux.fchmod(stack.fd(), 0700), "fchmod", FileNames.decode(name));
        }
        return true;
    }

    /** Removes the files of a directory and answers its directories. */
    private List<byte[]> files(int fd) throws SyscallException {
        List<byte[]> directories = new ArrayList<>();
        for (var item : Listing.read(linux, fd)) {
            if (item.type() == Listing.DIRECTORY || !unlink(fd, item.name())) {
                directories.add(item.name());
            }
        }
        return directories;
    }

    /** Removes a file; false if it is a directory. */
    private boolean unlink(int fd, byte[] name) throws SyscallException {
        var result = linux.unlinkat(fd, name, 0);
        if (result == -Errno.EISDIR) {
            return false;
        }
        if (result != -Errno.ENOENT) {
            Errno.check(result, "unlinkat", FileNames.decode(name));
        }
        return true;
    }

    private void rmdir(int fd, byte[] name) throws SyscallException {
        var result = linux.unlinkat(fd, name, Syscalls.AT_REMOVEDIR);
        if (result != -Errno.ENOENT) {
            Errno.check(result, "unlinkat", FileNames.decode(name));
        }
    }
}
