package storage.aufs.mount;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import storage.api.FileNames;
import storage.common.archive.Marks;
import storage.common.tree.DirStack;
import storage.common.tree.Listing;
import storage.linux.Errno;
import storage.linux.Fd;
import storage.linux.FileCalls;
import storage.linux.Stat;
import storage.linux.SyscallException;
import storage.linux.Syscalls;

/**
 * Makes the marks of opaque directories in a branch true. When the kernel looks up a directory it goes on below an opaque mark
 * and remembers the lowest that it comes upon (au_lkup_dentry, fs/aufs/dentry.c); so where a branch farther down has a mark for
 * the same directory, what lies in between is seen, although the upper mark hides it (moby#32354). Here each name in between
 * gets a whiteout of its own, or an opaque mark if it is a directory in both.
 */
public final class OpaqueMarks {
    private static final int FOLDER =
            FileCalls.O_RDONLY | FileCalls.O_DIRECTORY | FileCalls.O_NOFOLLOW | FileCalls.O_CLOEXEC;

    private final Syscalls linux;
    private final List<Integer> lowers;

    /** @param lowers descriptors of the branches below, nearest first; they stay open */
    public OpaqueMarks(Syscalls linux, List<Integer> lowers) {
        this.linux = linux;
        this.lowers = List.copyOf(lowers);
    }

    /**
     * Goes through a whole branch; times of directories stay as they are.
     *
     * @param branch descriptor of its top directory, which stays open
     */
    public void complete(int branch) throws IOException {
        if (lowers.isEmpty()) {
            return;
        }
        // the kernel does not ask whether the top of a branch is opaque
        try (var stack = new DirStack(linux, branch)) {
            directory(stack, new ArrayDeque<>());
        }
    }

    /** A directory of the branch on the way down. */
    private static final class Level {
        private final byte[] name;
        private final boolean opaque;

        Level(byte[] name, boolean opaque) {
            this.name = name;
            this.opaque = opaque;
        }
    }

    private void directory(DirStack stack, Deque<Level> path) throws IOException {
        if (!path.isEmpty() && path.getLast().opaque) {
            hideWhatIsBetween(stack.fd(), path);
        }
        for (var item : Listing.read(linux, stack.fd())) {
            var maybe = item.type() == Listing.DIRECTORY || item.type() == Listing.UNKNOWN;
            if (!maybe || Marks.isMark(item.name())) {
                continue;
            }
            var result = stack.push(item.name());
            if (result == 0) {
                path.addLast(new Level(item.name(), exists(stack.fd(), Marks.opaque())));
                directory(stack, path);
                path.removeLast();
                stack.pop();
            } else if (result != -Errno.ENOTDIR && result != -Errno.ELOOP && result != -Errno.ENOENT) {
                Errno.check(result, "openat", FileNames.decode(item.name()));
            }
        }
    }

    private void hideWhatIsBetween(int opaque, Deque<Level> path) throws IOException {
        var between = seenByTheKernel(path);
        if (between.isEmpty()) {
            return;
        }
        var times = new Stat();
        Errno.check(linux.stat(opaque, new byte[0], FileCalls.AT_EMPTY_PATH, times), "stat", "");
        try {
            for (var lower : between) {
                for (var item : Listing.read(linux, lower.number())) {
                    if (!Marks.isMark(item.name())) {
                        hide(opaque, lower.number(), item.name());
                    }
                }
            }
        } finally {
            between.forEach(Fd::close);
        }
        linux.futimens(opaque, times.accessedSeconds, times.accessedNanos, times.modifiedSeconds, times.modifiedNanos);
    }

    /** What lies in the top branch itself hides all else of that name but the content of directories. */
    private void hide(int opaque, int lower, byte[] name) throws IOException {
        var stat = new Stat();
        var result = linux.stat(opaque, name, FileCalls.AT_SYMLINK_NOFOLLOW, stat);
        if (result == -Errno.ENOENT) {
            mark(opaque, Marks.of(name));
            return;
        }
        Errno.check(result, "stat", FileNames.decode(name));
        if (stat.isDirectory() && isDirectory(lower, name)) {
            try (var own = open(opaque, name)) {
                var nanos = stat.modifiedNanos;
                var seconds = stat.modifiedSeconds;
                mark(own.number(), Marks.opaque());
                linux.futimens(own.number(), 0, FileCalls.UTIME_OMIT, seconds, nanos);
            }
        }
    }

    /**
     * The directories of a path in the lower branches that the kernel puts below an opaque one: down to the lowest that is
     * opaque too; none if none is.
     */
    private List<Fd> seenByTheKernel(Deque<Level> path) throws IOException {
        List<Fd> at = List.of();
        var numbers = lowers;
        for (var level : path) {
            List<Fd> inside;
            try {
                inside = step(numbers, level);
            } finally {
                at.forEach(Fd::close);
            }
            at = inside;
            numbers = at.stream().map(Fd::number).toList();
        }
        return at;
    }

    /** The directories of a name in directories, as far down as the kernel looks. */
    private List<Fd> step(List<Integer> above, Level level) throws SyscallException {
        var inside = new ArrayList<Fd>();
        var seen = level.opaque ? 0 : -1;
        try {
            for (var directory : above) {
                if (exists(directory, Marks.of(level.name))) {
                    break;
                }
                var fd = linux.openat(directory, level.name, FOLDER, 0);
                if (fd == -Errno.ENOENT || fd == -Errno.ENOTDIR || fd == -Errno.ELOOP) {
                    continue; // what is no directory is passed over below one that is
                }
                inside.add(Fd.of(linux, Errno.check(fd, "openat", FileNames.decode(level.name))));
                if (exists(fd, Marks.opaque())) {
                    seen = inside.size();
                }
            }
        } catch (SyscallException e) {
            inside.forEach(Fd::close);
            throw e;
        }
        var kept = seen < 0 ? inside.size() : seen;
        inside.subList(kept, inside.size()).forEach(Fd::close);
        return inside.subList(0, kept);
    }

    private boolean exists(int directory, byte[] name) throws SyscallException {
        var result = linux.stat(directory, name, FileCalls.AT_SYMLINK_NOFOLLOW, new Stat());
        if (result == -Errno.ENOENT || result == -Errno.ENAMETOOLONG) {
            return false;
        }
        Errno.check(result, "stat", FileNames.decode(name));
        return true;
    }

    private boolean isDirectory(int directory, byte[] name) {
        var stat = new Stat();
        return linux.stat(directory, name, FileCalls.AT_SYMLINK_NOFOLLOW, stat) == 0 && stat.isDirectory();
    }

    private Fd open(int directory, byte[] name) throws SyscallException {
        return Fd.of(linux, Errno.check(linux.openat(directory, name, FOLDER, 0), "openat", FileNames.decode(name)));
    }

    /** As aufs writes them, with mode 0444. */
    private void mark(int directory, byte[] name) throws SyscallException {
        var flags = FileCalls.O_WRONLY | FileCalls.O_CREAT | FileCalls.O_NOFOLLOW | FileCalls.O_CLOEXEC;
        linux.close(Errno.check(linux.openat(directory, name, flags, 0444), "openat", FileNames.decode(name)));
    }
}
