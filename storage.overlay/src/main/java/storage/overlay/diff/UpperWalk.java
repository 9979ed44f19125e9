package storage.overlay.diff;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import storage.api.Change;
import storage.api.FileNames;
import storage.common.diff.ChangeSink;
import storage.common.tree.Listing;
import storage.linux.Errno;
import storage.linux.Fd;
import storage.linux.FileCalls;
import storage.linux.Stat;
import storage.linux.Syscalls;

/**
 * Walks over an upper directory and tells what it changes about the lower ones, in the order of paths. Character devices
 * 0:0 are whiteouts, {@code trusted.overlay.opaque=y} marks a directory that hides what is below it.
 *
 * <p>Told <em>exactly</em>, as comparing the mounted trees would tell it: what was copied up but not changed is left out,
 * and what an opaque directory hides is listed name by name. Told <em>briefly</em>, for an archive: everything in the
 * upper directory and a mark for each opaque one, which gives the same tree and hardly ever looks at lower directories.
 */
final class UpperWalk {
    private static final byte[] EMPTY = {};

    private final Syscalls linux;
    private final LowerView lowers;
    private final boolean exact;
    private final ChangeSink sink;
    private final FileComparison comparison;

    /** Directories on the way that are unchanged themselves, outermost first: told once something in them is. */
    private final Deque<Pending> pending = new ArrayDeque<>();

    private static final class Pending {
        private final byte[] path;
        private final int dirfd;
        private final byte[] name;
        private final Stat stat;

        Pending(byte[] path, int dirfd, byte[] name, Stat stat) {
            this.path = path;
            this.dirfd = dirfd;
            this.name = name;
            this.stat = stat;
        }
    }

    UpperWalk(Syscalls linux, LowerView lowers, boolean exact, ChangeSink sink) {
        this.linux = linux;
        this.lowers = lowers;
        this.exact = exact;
        this.sink = sink;
        this.comparison = new FileComparison(linux);
    }

    /** Walks from the root of an upper directory. */
    void walk(int upper) throws IOException {
        var stat = new Stat();
        var dot = new byte[] {'.'};
        Errno.check(linux.stat(upper, dot, 0, stat), "stat", "of the upper directory");
        var below = lowers.root();
        if (below.isEmpty()) {
            sink.present(Change.Kind.ADD, EMPTY, upper, dot, stat);
        } else if (!comparison.isSame(upper, dot, stat, below.get(), dot)) {
            sink.present(Change.Kind.MODIFY, EMPTY, upper, dot, stat);
        }
        entries(upper, EMPTY, below, false);
    }

    /**
     * Walks over one directory.
     *
     * @param below what it covers
     * @param hides whether that is hidden: what the directory does not hold itself is gone
     */
    private void entries(int upper, byte[] path, Optional<LowerView.Found> below, boolean hides) throws IOException {
        var items = Listing.sorted(linux, upper);
        var hidden = hides && exact && below.isPresent() ? below.get().names() : List.<byte[]>of();
        var at = 0;
        for (var item : items) {
            var order = -1;
            while (at < hidden.size() && (order = Arrays.compareUnsigned(hidden.get(at), item.name())) < 0) {
                deleted(join(path, hidden.get(at++)));
            }
            if (at < hidden.size() && order == 0) {
                at++;
            }
            entry(upper, join(path, item.name()), item.name(), below, hides);
        }
        while (at < hidden.size()) {
            deleted(join(path, hidden.get(at++)));
        }
    }

    private void entry(int upper, byte[] path, byte[] name, Optional<LowerView.Found> parent, boolean hidden)
            throws IOException {
        var stat = new Stat();
        var result = linux.stat(upper, name, FileCalls.AT_SYMLINK_NOFOLLOW, stat);
        if (result == -Errno.ENOENT) {
            return; // the layer is in use, and this has just gone
        }
        Errno.check(result, "stat", FileNames.decode(path));
        var directory = stat.isDirectory();
        var opaque = directory && !hidden && LowerView.isOpaque(linux, upper, name);
        var covered = parent.isPresent() && (exact || opaque || directory)
                ? parent.get().find(path)
                : Optional.<LowerView.Found>empty();
        if (stat.isWhiteout() && parent.isPresent()) {
            if (covered.isPresent() || !exact) {
                deleted(path);
            }
        } else if (directory) {
            directory(upper, path, name, stat, covered, opaque, hidden);
        } else if (covered.isEmpty()) {
            present(Change.Kind.ADD, path, upper, name, stat);
        } else if (!comparison.isSame(upper, name, stat, covered.get(), path)) {
            present(Change.Kind.MODIFY, path, upper, name, stat);
        }
    }

    private void directory(
            int upper,
            byte[] path,
            byte[] name,
            Stat stat,
            Optional<LowerView.Found> covered,
            boolean opaque,
            boolean hidden)
            throws IOException {
        var below = covered.filter(LowerView.Found::isDirectory);
        var depth = pending.size();
        if (!exact || covered.isEmpty() || !comparison.isSame(upper, name, stat, covered.get(), path)) {
            present(covered.isEmpty() ? Change.Kind.ADD : Change.Kind.MODIFY, path, upper, name, stat);
        } else {
            pending.addLast(new Pending(path, upper, name, stat));
        }
        if (opaque && below.isPresent() && !exact) {
            sink.opaque(path);
        }
        try (var folder = open(upper, name, path)) {
            entries(folder.number(), path, below, hidden || opaque);
        }
        while (pending.size() > depth) {
            pending.removeLast();
        }
    }

    private Fd open(int dirfd, byte[] name, byte[] path) throws IOException {
        var flags = FileCalls.O_RDONLY | FileCalls.O_DIRECTORY | FileCalls.O_NOFOLLOW | FileCalls.O_CLOEXEC;
        return Fd.of(linux, Errno.check(linux.openat(dirfd, name, flags, 0), "openat", FileNames.decode(path)));
    }

    private void present(Change.Kind kind, byte[] path, int dirfd, byte[] name, Stat stat) throws IOException {
        flush();
        sink.present(kind, path, dirfd, name, stat);
    }

    private void deleted(byte[] path) throws IOException {
        flush();
        sink.deleted(path);
    }

    private void flush() throws IOException {
        for (var directory : pending) {
            sink.present(Change.Kind.MODIFY, directory.path, directory.dirfd, directory.name, directory.stat);
        }
        pending.clear();
    }

    private static byte[] join(byte[] path, byte[] name) {
        if (path.length == 0) {
            return name;
        }
        var joined = Arrays.copyOf(path, path.length + 1 + name.length);
        joined[path.length] = '/';
        System.arraycopy(name, 0, joined, path.length + 1, name.length);
        return joined;
    }
}
