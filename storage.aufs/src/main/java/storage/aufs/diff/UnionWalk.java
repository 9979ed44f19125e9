package storage.aufs.diff;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Optional;
import java.util.TreeSet;
import storage.api.Change;
import storage.common.diff.ChangeSink;
import storage.common.diff.FileComparison;
import storage.linux.Errno;
import storage.linux.FileCalls;
import storage.linux.Stat;
import storage.linux.Syscalls;

/**
 * Compares what two layers show, in the order of paths, without mounting either. What both have from the same branches is the
 * same and is not looked at: only the branches in which they differ are listed.
 */
final class UnionWalk {
    private static final byte[] ROOT = {};
    private static final byte[] DOT = {'.'};

    private final Syscalls linux;
    private final FileComparison comparison;
    private final ChangeSink sink;

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

    UnionWalk(Syscalls linux, FileComparison comparison, ChangeSink sink) {
        this.linux = linux;
        this.comparison = comparison;
        this.sink = sink;
    }

    void walk(Branches branches) throws IOException {
        try (var newer = UnionDir.top(linux, branches.roots(), branches.newer());
                var older = UnionDir.top(linux, branches.roots(), branches.older())) {
            var stat = stat(newer.nearest());
            if (older.isEmpty()) {
                sink.present(Change.Kind.ADD, ROOT, newer.nearest(), DOT, stat);
            } else if (comparison.differ(
                    ROOT, older.nearest(), DOT, stat(older.nearest()), newer.nearest(), DOT, stat)) {
                sink.present(Change.Kind.MODIFY, ROOT, newer.nearest(), DOT, stat);
            }
            entries(newer, older, ROOT);
        }
    }

    private Stat stat(int directory) throws IOException {
        var stat = new Stat();
        Errno.check(linux.stat(directory, ROOT, FileCalls.AT_EMPTY_PATH, stat), "stat", "of a branch");
        return stat;
    }

    private void entries(UnionDir newer, UnionDir older, byte[] path) throws IOException {
        var common = UnionDir.common(newer, older);
        var names = new TreeSet<byte[]>(Arrays::compareUnsigned);
        newer.collect(common, names);
        older.collect(common, names);
        for (var name : names) {
            entry(newer, older, UnionDir.join(path, name), name);
        }
    }

    private void entry(UnionDir newer, UnionDir older, byte[] path, byte[] name) throws IOException {
        var now = newer.find(name);
        var before = older.find(name);
        if (now.isEmpty()) {
            if (before.isPresent()) {
                flush();
                sink.deleted(path);
            }
            return;
        }
        if (before.isPresent() && UnionDir.isSame(newer, now.get(), older, before.get())) {
            return;
        }
        var depth = pending.size();
        tell(newer, now.get(), older, before, path, name);
        if (now.get().stat().isDirectory()) {
            var below = before.filter(found -> found.stat().isDirectory());
            try (var inside = newer.open(name, now.get());
                    var insideOlder = below.isPresent() ? older.open(name, below.get()) : UnionDir.none(linux)) {
                entries(inside, insideOlder, path);
            }
        }
        while (pending.size() > depth) {
            pending.removeLast();
        }
    }

    private void tell(
            UnionDir newer,
            UnionDir.Found now,
            UnionDir older,
            Optional<UnionDir.Found> before,
            byte[] path,
            byte[] name)
            throws IOException {
        var holder = newer.holder(now);
        if (before.isEmpty()) {
            flush();
            sink.present(Change.Kind.ADD, path, holder, name, now.stat());
        } else if (comparison.differ(
                path, older.holder(before.get()), name, before.get().stat(), holder, name, now.stat())) {
            flush();
            sink.present(Change.Kind.MODIFY, path, holder, name, now.stat());
        } else if (now.stat().isDirectory()) {
            pending.addLast(new Pending(path, holder, name, now.stat()));
        }
    }

    private void flush() throws IOException {
        for (var directory : pending) {
            sink.present(Change.Kind.MODIFY, directory.path, directory.dirfd, directory.name, directory.stat);
        }
        pending.clear();
    }
}
