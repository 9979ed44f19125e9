package storage.aufs.mount;

import java.io.IOException;
import storage.api.FileNames;
import storage.common.tree.DirStack;
import storage.common.tree.Listing;
import storage.common.tree.LongSet;
import storage.linux.Errno;
import storage.linux.Fd;
import storage.linux.FileCalls;
import storage.linux.Stat;
import storage.linux.Syscalls;

/**
 * Hard links that exist only as long as a union is mounted. A file of a lower branch with several names is copied up under
 * the one that is written to; the others lead to the copy only in the kernel's memory, and would show the old content after
 * an unmount. While there are such files the writable branch has a link to each in {@code .wh..wh.plnk}, named by its
 * inode number in the union and the one in the branch. Flushing gives each name its real link, by a change of attributes
 * that changes nothing: then the kernel copies the name up, and links it to the copy that is there.
 *
 * <p>That is the work of auplink(8) as well, which is not used: it gives each file to the owner that it has, and the kernel
 * takes set-user-id bits and capabilities away then (chown(2)).
 */
final class PseudoLinks {
    private static final String FOLDER = "/.wh..wh.plnk";

    private final Syscalls linux;

    PseudoLinks(Syscalls linux) {
        this.linux = linux;
    }

    /**
     * Makes real links of all that there are.
     *
     * @param union where it is mounted
     * @param writable its writable branch; both as text of {@link FileNames}
     */
    void flush(String union, String writable) throws IOException {
        var inodes = inodes(writable);
        if (inodes.isEmpty()) {
            return;
        }
        try (var top = Fd.directory(linux, union);
                var stack = new DirStack(linux, top.number())) {
            touch(stack, inodes);
        }
    }

    /** The inode numbers of files that have pseudo-links, as the union shows them. */
    private LongSet inodes(String writable) throws IOException {
        var inodes = new LongSet();
        var flags = FileCalls.O_RDONLY | FileCalls.O_DIRECTORY | FileCalls.O_NOFOLLOW | FileCalls.O_CLOEXEC;
        var number = linux.openat(FileCalls.AT_FDCWD, FileNames.encode(writable + FOLDER), flags, 0);
        if (number == -Errno.ENOENT || number == -Errno.ENOTDIR || number == -Errno.ELOOP) {
            return inodes;
        }
        try (var folder = Fd.of(linux, Errno.check(number, "openat", writable + FOLDER))) {
            for (var item : Listing.read(linux, folder.number())) {
                var name = FileNames.decode(item.name());
                if (name.matches("\\d{1,19}\\.\\d{1,20}")) {
                    inodes.add(Long.parseUnsignedLong(name.substring(0, name.indexOf('.'))));
                }
            }
        }
        return inodes;
    }

    /** Sets the times of those files to what they are, which makes the kernel link each name in the writable branch. */
    private void touch(DirStack stack, LongSet inodes) throws IOException {
        var stat = new Stat();
        for (var item : Listing.read(linux, stack.fd())) {
            if (item.type() == Listing.DIRECTORY || item.type() == Listing.UNKNOWN) {
                var result = stack.push(item.name());
                if (result == 0) {
                    touch(stack, inodes);
                    stack.pop();
                    continue;
                }
                if (result == -Errno.EBUSY || result == -Errno.ENOENT) {
                    continue; // another's mount, or gone
                }
                if (result != -Errno.ENOTDIR && result != -Errno.ELOOP) {
                    Errno.check(result, "openat", FileNames.decode(item.name()));
                }
            }
            if (linux.stat(stack.fd(), item.name(), FileCalls.AT_SYMLINK_NOFOLLOW, stat) == 0
                    && inodes.contains(stat.inode)) {
                var result = linux.utimensat(
                        stack.fd(),
                        item.name(),
                        0,
                        FileCalls.UTIME_OMIT,
                        stat.modifiedSeconds,
                        stat.modifiedNanos,
                        FileCalls.AT_SYMLINK_NOFOLLOW);
                // nothing was written through a read-only union, so nothing has to be linked; what is immutable could
                // not
                // be copied up either, and an unmount must not fail for it
                if (result != -Errno.ENOENT && result != -Errno.EROFS && result != -Errno.EPERM) {
                    Errno.check(result, "utimensat", FileNames.decode(item.name()));
                }
            }
        }
    }

    /**
     * Forgets them, while nothing is mounted: what is in the folder then are links that nobody needs, with numbers that mean
     * other files in the next mount.
     */
    void clear(String writable) throws IOException {
        var flags = FileCalls.O_RDONLY | FileCalls.O_DIRECTORY | FileCalls.O_NOFOLLOW | FileCalls.O_CLOEXEC;
        var number = linux.openat(FileCalls.AT_FDCWD, FileNames.encode(writable + FOLDER), flags, 0);
        if (number < 0) {
            return;
        }
        try (var folder = Fd.of(linux, number)) {
            for (var item : Listing.read(linux, folder.number())) {
                linux.unlinkat(folder.number(), item.name(), 0);
            }
        }
    }
}
