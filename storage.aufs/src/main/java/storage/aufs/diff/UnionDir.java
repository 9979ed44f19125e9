package storage.aufs.diff;

import java.io.IOException;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import storage.api.FileNames;
import storage.common.archive.Marks;
import storage.common.tree.Listing;
import storage.linux.Errno;
import storage.linux.FileCalls;
import storage.linux.Stat;
import storage.linux.SyscallException;
import storage.linux.Syscalls;

/**
 * One directory as a union shows it: those of that path in its branches, nearest first. Of each name the nearest counts, unless
 * a branch before has a whiteout of it ({@code .wh.NAME}); directories are put together down to one that is opaque
 * ({@code .wh..wh..opq}). Below a directory, what is no directory is passed over, as aufs does it. A whiteout beside the very
 * name hides only what is farther down: engines unpack archives so. There aufs itself fails (EIO, au_lkup_dentry in
 * fs/aufs/dentry.c), and it heeds only the lowest opaque mark; what is told here is what the archives meant.
 */
final class UnionDir implements AutoCloseable {
    private static final int FLAGS =
            FileCalls.O_RDONLY | FileCalls.O_DIRECTORY | FileCalls.O_NOFOLLOW | FileCalls.O_CLOEXEC;

    private final Syscalls linux;

    /** The numbers of the branches, and the directory in each. */
    private final int[] branches;

    private final int[] fds;
    private final boolean owned;

    private UnionDir(Syscalls linux, int[] branches, int[] fds, boolean owned) {
        this.linux = linux;
        this.branches = branches;
        this.fds = fds;
        this.owned = owned;
    }

    /** The top of a layer; the descriptors stay their owner's. */
    static UnionDir top(Syscalls linux, List<Integer> roots, List<Integer> branches) throws SyscallException {
        var count = 0;
        var fds = new int[branches.size()];
        for (var branch : branches) {
            fds[count++] = roots.get(branch);
            if (exists(linux, fds[count - 1], Marks.opaque())) {
                break;
            }
        }
        var numbers = branches.stream().limit(count).mapToInt(Integer::intValue).toArray();
        return new UnionDir(linux, numbers, Arrays.copyOf(fds, count), false);
    }

    /** Nothing at all. */
    static UnionDir none(Syscalls linux) {
        return new UnionDir(linux, new int[0], new int[0], false);
    }

    /** Something that a directory shows. */
    static final class Found {
        private final Stat stat;
        private final int[] at;
        private final int count;

        private Found(Stat stat, int[] at, int count) {
            this.stat = stat;
            this.at = at;
            this.count = count;
        }

        /** Of the nearest one. */
        Stat stat() {
            return stat;
        }
    }

    boolean isEmpty() {
        return branches.length == 0;
    }

    /** The directory in the nearest branch. */
    int nearest() {
        return fds[0];
    }

    /** The directory that holds the nearest of what was found here. */
    int holder(Found found) {
        return fds[found.at[0]];
    }

    /** Whether two things, each found in one of two directories, are the very same, with everything below. */
    static boolean isSame(UnionDir one, Found left, UnionDir other, Found right) {
        if (left.count != right.count) {
            return false;
        }
        for (var i = 0; i < left.count; i++) {
            if (one.branches[left.at[i]] != other.branches[right.at[i]]) {
                return false;
            }
        }
        return true;
    }

    /** How many branches at the end are the same in two directories: what only these hold is no difference. */
    static int common(UnionDir one, UnionDir other) {
        var count = 0;
        while (count < Math.min(one.branches.length, other.branches.length)
                && one.branches[one.branches.length - 1 - count] == other.branches[other.branches.length - 1 - count]) {
            count++;
        }
        return count;
    }

    Optional<Found> find(byte[] name) throws SyscallException {
        var mark = Marks.of(name);
        var at = new int[branches.length];
        var count = 0;
        Stat nearest = null;
        for (var i = 0; i < branches.length; i++) {
            var stat = new Stat();
            var result = linux.stat(fds[i], name, FileCalls.AT_SYMLINK_NOFOLLOW, stat);
            if (result != -Errno.ENOENT) {
                Errno.check(result, "stat", FileNames.decode(name));
                if (nearest == null || stat.isDirectory()) {
                    nearest = nearest == null ? stat : nearest;
                    at[count++] = i;
                    if (!stat.isDirectory() || isOpaque(fds[i], name)) {
                        break;
                    }
                }
            }
            if (exists(linux, fds[i], mark)) {
                break;
            }
        }
        return nearest == null ? Optional.empty() : Optional.of(new Found(nearest, at, count));
    }

    private boolean isOpaque(int directory, byte[] name) throws SyscallException {
        return exists(linux, directory, join(name, Marks.opaque()));
    }

    private static boolean exists(Syscalls linux, int directory, byte[] path) throws SyscallException {
        var result = linux.stat(directory, path, FileCalls.AT_SYMLINK_NOFOLLOW, new Stat());
        if (result == -Errno.ENOENT || result == -Errno.ENOTDIR || result == -Errno.ENAMETOOLONG) {
            return false;
        }
        Errno.check(result, "stat", FileNames.decode(path));
        return true;
    }

    /** Enters a directory that was found here. One that has just gone is left out. */
    UnionDir open(byte[] name, Found found) throws SyscallException {
        var numbers = new int[found.count];
        var opened = new int[found.count];
        var count = 0;
        try {
            for (var i = 0; i < found.count; i++) {
                var fd = linux.openat(fds[found.at[i]], name, FLAGS, 0);
                if (fd != -Errno.ENOENT && fd != -Errno.ENOTDIR && fd != -Errno.ELOOP) {
                    opened[count] = Errno.check(fd, "openat", FileNames.decode(name));
                    numbers[count++] = branches[found.at[i]];
                }
            }
            return new UnionDir(linux, Arrays.copyOf(numbers, count), Arrays.copyOf(opened, count), true);
        } catch (SyscallException e) {
            for (var i = 0; i < count; i++) {
                linux.close(opened[i]);
            }
            throw e;
        }
    }

    /**
     * Adds every name that the nearest branches hold or hide.
     *
     * @param but how many branches at the end are left out
     */
    void collect(int but, Collection<byte[]> names) throws IOException {
        for (var i = 0; i < branches.length - but; i++) {
            for (var item : Listing.read(linux, fds[i])) {
                if (!Marks.isMark(item.name())) {
                    names.add(item.name());
                } else if (!Marks.isMark(Marks.hidden(item.name())) && item.name().length > 4) {
                    names.add(Marks.hidden(item.name()));
                }
            }
        }
    }

    static byte[] join(byte[] path, byte[] name) {
        if (path.length == 0) {
            return name;
        }
        var joined = Arrays.copyOf(path, path.length + 1 + name.length);
        joined[path.length] = '/';
        System.arraycopy(name, 0, joined, path.length + 1, name.length);
        return joined;
    }

    @Override
    public void close() {
        if (owned) {
            for (var fd : fds) {
                linux.close(fd);
            }
        }
    }
}
