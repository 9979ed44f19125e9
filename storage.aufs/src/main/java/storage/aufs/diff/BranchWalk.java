package storage.aufs.diff;

import java.io.IOException;
import java.util.Arrays;
import storage.api.Change;
import storage.api.FileNames;
import storage.common.archive.Marks;
import storage.common.diff.ChangeSink;
import storage.common.diff.FileComparison;
import storage.common.tree.Listing;
import storage.linux.Errno;
import storage.linux.Fd;
import storage.linux.FileCalls;
import storage.linux.Stat;
import storage.linux.Syscalls;

/**
 * Tells what one branch holds, for an archive: its files, its whiteouts, its marks of opaque directories. What aufs keeps for
 * itself, {@code .wh..wh.*}, is left out.
 */
final class BranchWalk {
    private static final byte[] ROOT = {};
    private static final byte[] DOT = {'.'};

    private final Syscalls linux;
    private final FileComparison comparison;
    private final ChangeSink sink;

    BranchWalk(Syscalls linux, FileComparison comparison, ChangeSink sink) {
        this.linux = linux;
        this.comparison = comparison;
        this.sink = sink;
    }

    void walk(Branches branches) throws IOException {
        var own = branches.roots().get(branches.newer().get(0));
        var stat = stat(own);
        if (branches.older().isEmpty()) {
            sink.present(Change.Kind.ADD, ROOT, own, DOT, stat);
        } else {
            var below = branches.roots().get(branches.older().get(0));
            if (comparison.differ(ROOT, below, DOT, stat(below), own, DOT, stat)) {
                sink.present(Change.Kind.MODIFY, ROOT, own, DOT, stat);
            }
        }
        entries(own, ROOT);
    }

    private Stat stat(int directory) throws IOException {
        var stat = new Stat();
        Errno.check(linux.stat(directory, ROOT, FileCalls.AT_EMPTY_PATH, stat), "stat", "of a branch");
        return stat;
    }

    private void entries(int directory, byte[] path) throws IOException {
        var items = Listing.read(linux, directory);
        // in the order of the names that are told, so that the same branch gives the same bytes whatever wrote it
        Arrays.sort(items, (a, b) -> Arrays.compareUnsigned(told(a.name()), told(b.name())));
        for (var item : items) {
            if (!Marks.isMark(item.name())) {
                entry(directory, UnionDir.join(path, item.name()), item.name());
                continue;
            }
            var hidden = Marks.hidden(item.name());
            if (Arrays.equals(item.name(), Marks.opaque())) {
                sink.opaque(path);
            } else if (!Marks.isMark(hidden) && hidden.length > 0) {
                sink.deleted(UnionDir.join(path, hidden));
            }
        }
    }

    /** The mark of an opaque directory comes first, and a whiteout at the place of what it hides. */
    private static byte[] told(byte[] name) {
        if (!Marks.isMark(name)) {
            return name;
        }
        return Marks.isMark(Marks.hidden(name)) ? ROOT : Marks.hidden(name);
    }

    private void entry(int directory, byte[] path, byte[] name) throws IOException {
        var stat = new Stat();
        var result = linux.stat(directory, name, FileCalls.AT_SYMLINK_NOFOLLOW, stat);
        if (result == -Errno.ENOENT) {
            return; // the layer is in use, and this has just gone
        }
        Errno.check(result, "stat", FileNames.decode(path));
        sink.present(Change.Kind.MODIFY, path, directory, name, stat);
        if (stat.isDirectory()) {
            var flags = FileCalls.O_RDONLY | FileCalls.O_DIRECTORY | FileCalls.O_NOFOLLOW | FileCalls.O_CLOEXEC;
            var fd = linux.openat(directory, name, flags, 0);
            if (fd == -Errno.ENOENT || fd == -Errno.ENOTDIR || fd == -Errno.ELOOP) {
                return;
            }
            try (var folder = Fd.of(linux, Errno.check(fd, "openat", FileNames.decode(path)))) {
                entries(folder.number(), path);
            }
        }
    }
}
