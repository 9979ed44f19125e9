package storage.common.archive;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import storage.api.FileNames;
import storage.common.tar.TarEntry;
import storage.common.tree.LongSet;
import storage.common.tree.NodeCopy;
import storage.linux.Errno;
import storage.linux.Stat;
import storage.linux.SyscallException;
import storage.linux.Syscalls;

/**
 * The tree that an archive is unpacked over, as it would be seen merged. Directories are found name by name, each opened
 * from the one above with O_NOFOLLOW; symbolic links are read and followed here, where {@code ..} and {@code /} end at
 * the root. So no name and no link leads out, and what another process swaps meanwhile is either the directory that was
 * opened or none.
 */
final class MergedTree implements AutoCloseable {
    /** As many as the kernel follows, path_resolution(7). */
    private static final int MAX_LINKS = 40;

    private static final int FLAGS =
            Syscalls.O_RDONLY | Syscalls.O_DIRECTORY | Syscalls.O_NOFOLLOW | Syscalls.O_CLOEXEC;
    private static final byte[] EMPTY = {};

    final MergedDir root;
    final PathKeys keys = new PathKeys();

    /** What the archive itself has, in a plain tree; elsewhere everything in the tree is the archive's. */
    final LongSet own = new LongSet();

    /** Directories that the archive only implies: their attributes come from below or are the usual. */
    final LongSet implied = new LongSet();

    /** What is in the tree only because a hard link of the archive leads to something below; nothing in a plain tree. */
    final LongSet copiedUp = new LongSet();

    /** Aufs only: names that have a mark beside them. */
    final LongSet marked = new LongSet();

    private final Syscalls linux;
    private final Forms forms;
    private final EntryAttributes attributes;
    private final LowerDirs lowerDirs;
    private final boolean privileged;
    private final int maxOpen;
    private final Stat stat = new Stat();
    private int open;
    private boolean plain;

    /** The mode of the directory that was opened last, if it had to be made accessible first. */
    private int unlocked = -1;

    MergedTree(Syscalls linux, UnpackTarget target, Forms forms, EntryAttributes attributes, int maxOpen)
            throws SyscallException {
        this.linux = linux;
        this.forms = forms;
        this.attributes = attributes;
        this.lowerDirs = new LowerDirs(linux, forms);
        this.maxOpen = maxOpen;
        this.privileged = linux.geteuid() == 0;
        root = new MergedDir(null, EMPTY, PathKeys.ROOT);
        root.fd = target.root();
        root.lowers = lowerDirs.visible(target.lowers());
        adopt(root);
    }

    /** Whether the last path led through no symbolic link: then nothing in its directory can change where it leads. */
    boolean wasPlain() {
        return plain;
    }

    /** The directory that holds a path's last component. */
    MergedDir parent(EntryPath path) throws IOException {
        var directory = root;
        var links = 0;
        Deque<byte[]> detour = new ArrayDeque<>(0);
        for (var i = 0; i < path.count() - 1 || !detour.isEmpty(); ) {
            var name = detour.isEmpty() ? path.component(i++) : detour.pop();
            if (name.length == 2 && name[0] == '.' && name[1] == '.') {
                directory = directory.parent == null ? directory : directory.parent;
                continue;
            }
            var next = step(directory, name);
            if (next.directory == null) {
                if (++links > MAX_LINKS) {
                    throw Refusal.bad("a name leads through too many symbolic links");
                }
                directory = follow(next.link, directory, detour);
            } else {
                directory = next.directory;
            }
        }
        plain = links == 0;
        return directory;
    }

    /** Puts a link's components before those that are waiting. */
    private MergedDir follow(byte[] link, MergedDir from, Deque<byte[]> detour) {
        var end = link.length;
        for (var i = link.length - 1; i >= -1; i--) {
            if (i == -1 || link[i] == '/') {
                var length = end - i - 1;
                if (length > 0 && !(length == 1 && link[i + 1] == '.')) {
                    detour.push(Arrays.copyOfRange(link, i + 1, end));
                }
                end = i;
            }
        }
        return link.length > 0 && link[0] == '/' ? root : from;
    }

    /** What a name in a directory is: a directory (perhaps one that is nowhere yet), or a symbolic link. */
    private static final class Step {
        final MergedDir directory;
        final byte[] link;

        Step(MergedDir directory, byte[] link) {
            this.directory = directory;
            this.link = link;
        }
    }

    private Step step(MergedDir directory, byte[] name) throws IOException {
        var known = directory.child(name);
        if (known != null) {
            return new Step(known, null);
        }
        var child = new MergedDir(directory, name, keys.child(directory.key, name));
        if (directory.fd >= 0) {
            var fd = openDirectory(directory.fd, name);
            if (fd >= 0) {
                child.fd = fd;
                open++;
                // first, so that it is closed with the tree if the rest fails
                directory.add(child);
                adopt(child);
                return new Step(child, null);
            }
            if (fd == -Errno.ENOTDIR || fd == -Errno.ELOOP) {
                Errno.check(
                        linux.stat(directory.fd, name, Syscalls.AT_SYMLINK_NOFOLLOW, stat),
                        "statx",
                        FileNames.decode(name));
                if (stat.isSymlink()) {
                    return new Step(null, NodeCopy.readLink(linux, directory.fd, name));
                }
                if (!forms.isWhiteout(stat)) {
                    throw noDirectory(child);
                }
                return nowhere(directory, child);
            }
            if (fd != -Errno.ENOENT) {
                throw new SyscallException("openat", FileNames.decode(name), -fd);
            }
            if (marked.contains(child.key)) {
                return nowhere(directory, child);
            }
        }
        return below(directory, child);
    }

    private static Step nowhere(MergedDir directory, MergedDir child) {
        child.lowers = MergedDir.NONE;
        directory.add(child);
        return new Step(child, null);
    }

    private static storage.api.StorageException noDirectory(MergedDir child) {
        return Refusal.bad("an entry lies below " + TarEntry.shown(child.path()) + ", which is no directory");
    }

    private Step below(MergedDir directory, MergedDir child) throws IOException {
        child.lowers = lowerDirs.open(lowers(directory), child.name);
        var instead = lowerDirs.instead();
        if (child.lowers.length == 0 && instead >= 0) {
            Errno.check(
                    linux.stat(instead, child.name, Syscalls.AT_SYMLINK_NOFOLLOW, stat),
                    "statx",
                    FileNames.decode(child.name));
            if (stat.isSymlink()) {
                return new Step(null, NodeCopy.readLink(linux, instead, child.name));
            }
            if (!forms.isWhiteout(stat)) {
                throw noDirectory(child);
            }
        }
        directory.add(child);
        return new Step(child, null);
    }

    /** The directories below one. */
    int[] lowers(MergedDir directory) throws SyscallException {
        if (directory.lowers == null) {
            directory.lowers = MergedDir.NONE;
            var above = lowers(directory.parent);
            if (above.length > 0 && !forms.isOpaque(directory.fd)) {
                directory.lowers = lowerDirs.open(above, directory.name);
            }
        }
        return directory.lowers;
    }

    private int openDirectory(int dirfd, byte[] name) {
        var fd = linux.openat(dirfd, name, FLAGS, 0);
        unlocked = -1;
        if (fd == -Errno.EACCES
                && !privileged
                && linux.stat(dirfd, name, Syscalls.AT_SYMLINK_NOFOLLOW, stat) == 0
                && stat.isDirectory()) {
            unlocked = stat.permissions();
            linux.fchmodat(dirfd, name, 0700);
            fd = linux.openat(dirfd, name, FLAGS, 0);
        }
        return fd;
    }

    /** Remembers what a directory that was there is to look like at the end. */
    private void adopt(MergedDir directory) throws SyscallException {
        Errno.check(linux.stat(directory.fd, EMPTY, Syscalls.AT_EMPTY_PATH, stat), "statx", "");
        directory.seconds = stat.modifiedSeconds;
        directory.nanos = stat.modifiedNanos;
        if (unlocked >= 0) {
            directory.mode = unlocked;
            unlocked = -1;
        } else if (!privileged && (stat.mode & 0700) != 0700) {
            directory.mode = stat.permissions();
            Errno.check(linux.fchmod(directory.fd, stat.permissions() | 0700), "fchmod", "");
        }
    }

    /**
     * Makes sure that a directory is there to be written to, with everything above it.
     *
     * @param entry whose parent it is: it gives the time, if there is nothing below to take it from
     */
    void make(MergedDir directory, TarEntry entry) throws IOException {
        if (directory.noted) {
            return;
        }
        if (directory.parent != null) {
            make(directory.parent, entry);
            if (directory.fd < 0) {
                makeImplied(directory, entry);
            } else if (forms.isPlain() && own.add(directory.key)) {
                implied.add(directory.key);
            }
        }
        directory.noted = true;
        copiedUp.remove(directory.key);
    }

    /** Makes sure that a directory is there for what is copied up from below; the archive itself does not speak of it. */
    void makeForCopy(MergedDir directory, TarEntry entry) throws IOException {
        if (directory.fd < 0) {
            makeForCopy(directory.parent, entry);
            makeImplied(directory, entry);
            copiedUp.add(directory.key);
        }
    }

    private void makeImplied(MergedDir directory, TarEntry entry) throws IOException {
        var below = directory.lowers;
        create(directory);
        implied.add(directory.key);
        if (below.length > 0) {
            Errno.check(linux.stat(below[0], EMPTY, Syscalls.AT_EMPTY_PATH, stat), "statx", "");
            attributes.copy(below[0], directory, stat);
        } else {
            attributes.usual(directory, entry);
        }
        directory.lowers = below;
    }

    /** Makes a directory where there is none, and hides below it what a whiteout in its place has hidden. */
    private void create(MergedDir directory) throws IOException {
        var at = directory.parent.fd;
        var result = linux.mkdirat(at, directory.name, 0700);
        var hides = takeMark(directory.parent, directory.name, directory.key);
        if (result == -Errno.EEXIST && forms.form() == WhiteoutForm.OVERLAY) {
            // looked up before as the whiteout that it is
            Errno.check(linux.unlinkat(at, directory.name, 0), "unlinkat", FileNames.decode(directory.name));
            result = linux.mkdirat(at, directory.name, 0700);
            hides = true;
        }
        Errno.check(result, "mkdirat", FileNames.decode(directory.name));
        openNew(directory);
        if (hides) {
            forms.makeOpaque(directory.fd);
        }
    }

    /** Removes the mark that aufs has beside a name that comes back; answers whether there was one. */
    boolean takeMark(MergedDir parent, byte[] name, long key) throws SyscallException {
        if (!marked.remove(key)) {
            return false;
        }
        var result = linux.unlinkat(parent.fd, Marks.of(name), 0);
        // it may have gone with its directory, which was replaced and hides everything
        if (result != -Errno.ENOENT) {
            Errno.check(result, "unlinkat", FileNames.decode(name));
        }
        return result == 0;
    }

    private void openNew(MergedDir directory) throws SyscallException {
        directory.fd = Errno.check(
                linux.openat(directory.parent.fd, directory.name, FLAGS, 0),
                "openat",
                FileNames.decode(directory.name));
        open++;
        if (forms.isPlain()) {
            own.add(directory.key);
        }
    }

    /** Takes in a directory that has just been made in a directory that is there, for an entry of its own. */
    MergedDir made(MergedDir parent, byte[] name, boolean hides) throws SyscallException {
        var stale = parent.remove(name);
        if (stale != null) {
            release(stale);
        }
        var directory = new MergedDir(parent, name, keys.child(parent.key, name));
        openNew(directory);
        if (hides) {
            directory.lowers = MergedDir.NONE;
            forms.makeOpaque(directory.fd);
        }
        directory.noted = true;
        copiedUp.remove(directory.key);
        parent.add(directory);
        return directory;
    }

    /**
     * Aufs only: whether a new directory covers something that is none. Overlay looks no further there, aufs would show
     * what other directories of that name hold still farther below.
     */
    boolean coversFile(MergedDir parent, byte[] name) throws SyscallException {
        if (forms.form() != WhiteoutForm.AUFS) {
            return false;
        }
        for (var lower : lowers(parent)) {
            if (forms.hasMark(lower, name)) {
                return false;
            }
            var result = linux.stat(lower, name, Syscalls.AT_SYMLINK_NOFOLLOW, stat);
            if (result != -Errno.ENOENT) {
                Errno.check(result, "statx", FileNames.decode(name));
                return !stat.isDirectory();
            }
        }
        return false;
    }

    /** A directory that is there, for an entry of its own. */
    MergedDir existing(MergedDir parent, byte[] name) throws IOException {
        var step = step(parent, name);
        if (step.directory == null || step.directory.fd < 0) {
            throw Refusal.bad(TarEntry.shown(parent.path(name)) + " changes while it is unpacked");
        }
        step.directory.noted = true;
        copiedUp.remove(step.directory.key);
        if (forms.isPlain()) {
            own.add(step.directory.key);
        }
        return step.directory;
    }

    /** Forgets a directory that is no more, or that looks different from below. */
    void forget(MergedDir parent, byte[] name) {
        var gone = parent.remove(name);
        if (gone != null) {
            release(gone);
        }
    }

    /** Whether the archive itself has something, and no whiteout of it hides that. */
    boolean isOwn(long key) {
        return forms.isPlain() ? own.contains(key) : !copiedUp.contains(key);
    }

    /** From now on nothing from below is seen in a directory. */
    void cut(MergedDir directory) {
        if (directory.lowers != null && directory.parent != null) {
            lowerDirs.close(directory.lowers);
        }
        directory.lowers = MergedDir.NONE;
        for (var child : directory.children()) {
            if (child.fd < 0 || !isOwn(child.key)) {
                forget(directory, child.name);
            } else {
                child.mode = implied.contains(child.key) ? -1 : child.mode;
                cut(child);
            }
        }
    }

    /** Closes a directory and those in it without setting anything. */
    private void release(MergedDir directory) {
        for (var child : directory.takeChildren()) {
            release(child);
        }
        if (directory.lowers != null) {
            lowerDirs.close(directory.lowers);
        }
        if (directory.fd >= 0) {
            linux.close(directory.fd);
            open--;
            directory.fd = -1;
        }
    }

    /** Lets go of all directories if there are many; answers whether it did. */
    boolean trim() throws SyscallException {
        if (open + lowerDirs.count() <= maxOpen) {
            return false;
        }
        finishChildren(root);
        return true;
    }

    /** Sets the times of everything, the root included. */
    void finish() throws SyscallException {
        finishChildren(root);
        settle(root);
    }

    private void finishChildren(MergedDir directory) throws SyscallException {
        for (var child : directory.children()) {
            finishChildren(child);
            if (child.fd >= 0) {
                settle(child);
            }
            forget(directory, child.name);
        }
    }

    private void settle(MergedDir directory) throws SyscallException {
        if (directory.mode >= 0) {
            Errno.check(linux.fchmod(directory.fd, directory.mode), "fchmod", "");
        }
        Errno.check(
                linux.futimens(directory.fd, 0, Syscalls.UTIME_OMIT, directory.seconds, directory.nanos),
                "utimensat",
                FileNames.decode(directory.name));
    }

    @Override
    public void close() {
        for (var child : root.takeChildren()) {
            release(child);
        }
    }
}
