package storage.aufs.fake;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import storage.api.FileNames;
import storage.common.tree.Listing;
import storage.common.tree.TreeRemoval;
import storage.common.tree.Xattrs;
import storage.linux.Errno;
import storage.linux.Fd;
import storage.linux.FileCalls;
import storage.linux.Linux;
import storage.linux.Stat;
import storage.linux.Syscalls;

/** Turns the whiteouts of a tree from aufs's form into overlay's and back, in place. */
final class Whiteouts {
    private static final Syscalls LINUX = Linux.syscalls();
    private static final byte[] XATTR = FileNames.encode("trusted.overlay.opaque");
    /** A mark that is not heeded; overlay does not show it. */
    private static final byte[] UNHEEDED = FileNames.encode("trusted.overlay.unheeded");

    private static final String PREFIX = ".wh.";
    private static final String OPAQUE = ".wh..wh..opq";

    private Whiteouts() {}

    /** Is told of everything in a tree. */
    @FunctionalInterface
    interface Visitor {
        void see(int dirfd, byte[] name, Stat stat) throws IOException;
    }

    static void visit(int directory, Visitor visitor) throws IOException {
        var items = Listing.read(LINUX, directory);
        for (var item : items) {
            var stat = new Stat();
            if (LINUX.stat(directory, item.name(), FileCalls.AT_SYMLINK_NOFOLLOW, stat) < 0) {
                continue;
            }
            visitor.see(directory, item.name(), stat);
            if (stat.isDirectory()) {
                try (var inside = open(directory, item.name())) {
                    visit(inside.number(), visitor);
                }
            }
        }
    }

    /**
     * As the kernel puts branches together: an opaque mark is not heeded where one farther down is found for the same
     * directory, and what is no directory is passed over below one that is.
     *
     * @param below the same directory in the branches below, still in aufs's form: only what is there needs a whiteout
     */
    static void toOverlay(int directory, List<Integer> below) throws IOException {
        var times = stat(directory);
        for (var item : Listing.read(LINUX, directory)) {
            var name = FileNames.decode(item.name());
            if (name.equals(OPAQUE)) {
                unlink(directory, item.name());
                var heeded = below.stream().noneMatch(lower -> exists(lower, FileNames.encode(OPAQUE)));
                Errno.check(
                        LINUX.fsetxattr(directory, heeded ? XATTR : UNHEEDED, new byte[] {'y'}, 0), "fsetxattr", name);
            } else if (name.startsWith(PREFIX + PREFIX)) {
                TreeRemoval.remove(LINUX, directory, item.name());
            } else if (name.startsWith(PREFIX)) {
                unlink(directory, item.name());
                var hidden = FileNames.encode(name.substring(PREFIX.length()));
                if (below.stream().anyMatch(lower -> exists(lower, hidden))) {
                    Errno.check(LINUX.mknodat(directory, hidden, Stat.S_IFCHR, 0), "mknodat", name);
                }
            } else if (isDirectory(directory, item.name())) {
                var lowers = new ArrayList<Fd>();
                try (var inside = open(directory, item.name())) {
                    for (var lower : below) {
                        if (exists(lower, FileNames.encode(PREFIX + name))) {
                            break;
                        }
                        if (isDirectory(lower, item.name())) {
                            lowers.add(open(lower, item.name()));
                        } else if (exists(lower, item.name())) {
                            unlink(lower, item.name());
                        }
                    }
                    toOverlay(inside.number(), lowers.stream().map(Fd::number).toList());
                } finally {
                    lowers.forEach(Fd::close);
                }
            }
        }
        LINUX.futimens(
                directory, times.accessedSeconds, times.accessedNanos, times.modifiedSeconds, times.modifiedNanos);
    }

    static void toAufs(int directory) throws IOException {
        var times = stat(directory);
        for (var item : Listing.read(LINUX, directory)) {
            var stat = new Stat();
            var result = LINUX.stat(directory, item.name(), FileCalls.AT_SYMLINK_NOFOLLOW, stat);
            Errno.check(result, "stat", FileNames.decode(item.name()));
            if (stat.isWhiteout()) {
                unlink(directory, item.name());
                mark(directory, PREFIX + FileNames.decode(item.name()));
                continue;
            }
            if (stat.isDirectory()) {
                try (var inside = open(directory, item.name())) {
                    var value = new byte[1];
                    if (LINUX.fgetxattr(inside.number(), XATTR, value) == 1
                            || LINUX.fgetxattr(inside.number(), UNHEEDED, value) == 1) {
                        var own = stat(inside.number());
                        mark(inside.number(), OPAQUE);
                        LINUX.futimens(
                                inside.number(),
                                own.accessedSeconds,
                                own.accessedNanos,
                                own.modifiedSeconds,
                                own.modifiedNanos);
                    }
                    toAufs(inside.number());
                }
            }
            for (var xattr : new Xattrs(LINUX).of(directory, item.name())) {
                if (FileNames.decode(xattr.name()).startsWith("trusted.overlay.")) {
                    LINUX.lremovexattr(Xattrs.path(directory, item.name()), xattr.name());
                }
            }
        }
        LINUX.futimens(
                directory, times.accessedSeconds, times.accessedNanos, times.modifiedSeconds, times.modifiedNanos);
    }

    private static void mark(int directory, String name) throws IOException {
        var flags = FileCalls.O_WRONLY | FileCalls.O_CREAT | FileCalls.O_CLOEXEC;
        LINUX.close(Errno.check(LINUX.openat(directory, FileNames.encode(name), flags, 0444), "openat", name));
    }

    private static Stat stat(int directory) throws IOException {
        var stat = new Stat();
        Errno.check(LINUX.stat(directory, new byte[0], FileCalls.AT_EMPTY_PATH, stat), "stat", "");
        return stat;
    }

    private static boolean exists(int directory, byte[] name) {
        return LINUX.stat(directory, name, FileCalls.AT_SYMLINK_NOFOLLOW, new Stat()) == 0;
    }

    private static boolean isDirectory(int directory, byte[] name) {
        var stat = new Stat();
        return LINUX.stat(directory, name, FileCalls.AT_SYMLINK_NOFOLLOW, stat) == 0 && stat.isDirectory();
    }

    private static void unlink(int directory, byte[] name) throws IOException {
        Errno.check(LINUX.unlinkat(directory, name, 0), "unlinkat", FileNames.decode(name));
    }

    private static Fd open(int directory, byte[] name) throws IOException {
        var flags = FileCalls.O_RDONLY | FileCalls.O_DIRECTORY | FileCalls.O_NOFOLLOW | FileCalls.O_CLOEXEC;
        return Fd.of(LINUX, Errno.check(LINUX.openat(directory, name, flags, 0), "openat", FileNames.decode(name)));
    }
}
