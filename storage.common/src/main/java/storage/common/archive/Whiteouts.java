package storage.common.archive;

import java.io.IOException;
import java.util.Arrays;
import storage.api.FileNames;
import storage.common.tree.DirStack;
import storage.common.tree.Listing;
import storage.common.tree.TreeRemoval;
import storage.linux.Errno;
import storage.linux.Stat;
import storage.linux.SyscallException;
import storage.linux.Syscalls;

/**
 * Hides what lies below. What the archive itself has is never hidden, whether its entry came before or comes after; so
 * the order of whiteouts and other entries makes no difference.
 */
final class Whiteouts {
    private final Syscalls linux;
    private final Forms forms;
    private final MergedTree tree;
    private final EntryAttributes attributes;

    private final Stat stat = new Stat();

    /** Whether everything below the root is hidden: the root of a union cannot be opaque, so this is done at the end. */
    private boolean rootIsOpaque;

    Whiteouts(Syscalls linux, Forms forms, MergedTree tree, EntryAttributes attributes) {
        this.linux = linux;
        this.forms = forms;
        this.tree = tree;
        this.attributes = attributes;
    }

    /** Hides a name in a directory that is there. */
    void hide(MergedDir parent, byte[] name) throws IOException {
        var key = tree.keys.child(parent.key, name);
        var result = linux.stat(parent.fd, name, Syscalls.AT_SYMLINK_NOFOLLOW, stat);
        if (result != -Errno.ENOENT) {
            Errno.check(result, "statx", FileNames.decode(name));
            if (forms.isWhiteout(stat)) {
                return;
            }
            if (tree.isOwn(key)) {
                if (stat.isDirectory()) {
                    var directory = tree.existing(parent, name);
                    hideBelow(directory);
                    uncover(directory.fd, key);
                }
                return;
            }
            remove(parent, name);
        }
        tree.forget(parent, name);
        if (forms.form() == WhiteoutForm.AUFS && !tree.marked.add(key)) {
            return;
        }
        if (forms.form() == WhiteoutForm.AUFS || isBelow(parent, name)) {
            forms.makeWhiteout(parent.fd, name);
        }
    }

    /**
     * Whether there is anything to hide. Overlay shows a whiteout as a name without a file if the directory is in no
     * other layer, so that one is only made where it is needed.
     */
    private boolean isBelow(MergedDir parent, byte[] name) throws SyscallException {
        for (var lower : tree.lowers(parent)) {
            var result = linux.stat(lower, name, Syscalls.AT_SYMLINK_NOFOLLOW, stat);
            if (result != -Errno.ENOENT) {
                Errno.check(result, "statx", FileNames.decode(name));
                return !forms.isWhiteout(stat);
            }
        }
        return false;
    }

    private void remove(MergedDir parent, byte[] name) throws IOException {
        tree.copiedUp.remove(tree.keys.child(parent.key, name));
        attributes.forget(parent.path(name));
        tree.forget(parent, name);
        TreeRemoval.remove(linux, parent.fd, name);
    }

    /** Hides everything that lies below a directory that is there. */
    void hideBelow(MergedDir directory) throws IOException {
        tree.cut(directory);
        if (directory.parent == null) {
            rootIsOpaque = true;
        } else {
            forms.makeOpaque(directory.fd);
        }
        try (var stack = new DirStack(linux, directory.fd)) {
            sweep(stack, directory, directory.key);
        }
    }

    /** Removes what is not the archive's, and uncovers implied directories; answers whether a name is gone. */
    private boolean sweep(DirStack stack, MergedDir top, long key) throws IOException {
        var removed = false;
        for (var item : Listing.read(linux, stack.fd())) {
            if (forms.form() == WhiteoutForm.AUFS && Marks.isMark(item.name())) {
                continue;
            }
            var child = tree.keys.child(key, item.name());
            if (isWhiteout(stack.fd(), item)) {
                Errno.check(linux.unlinkat(stack.fd(), item.name(), 0), "unlinkat", FileNames.decode(item.name()));
                removed = true;
            } else if (!tree.isOwn(child)) {
                if (stack.depth() == 0) {
                    remove(top, item.name());
                } else {
                    TreeRemoval.remove(linux, stack.fd(), item.name());
                }
                tree.copiedUp.remove(child);
                removed = true;
            } else if (item.type() == Listing.DIRECTORY || item.type() == Listing.UNKNOWN) {
                var result = stack.push(item.name());
                if (result == 0) {
                    var seconds = stack.stat().modifiedSeconds;
                    var nanos = stack.stat().modifiedNanos;
                    uncover(stack.fd(), child);
                    if (sweep(stack, top, child)) {
                        linux.futimens(stack.fd(), 0, Syscalls.UTIME_OMIT, seconds, nanos);
                    }
                    stack.pop();
                } else if (result != -Errno.ENOTDIR && result != -Errno.ELOOP) {
                    throw new SyscallException("openat", FileNames.decode(item.name()), -result);
                }
            }
        }
        return removed;
    }

    private boolean isWhiteout(int dirfd, Listing.Item item) {
        return (item.type() == Listing.CHARACTER_DEVICE || item.type() == Listing.UNKNOWN)
                && linux.stat(dirfd, item.name(), Syscalls.AT_SYMLINK_NOFOLLOW, stat) == 0
                && forms.isWhiteout(stat);
    }

    /** An implied directory that had its attributes from below has no longer anything below. */
    private void uncover(int fd, long key) throws SyscallException {
        if (tree.implied.contains(key)) {
            attributes.uncover(fd);
        }
    }

    /** At the end: the root of a union is made opaque name by name. */
    void finish(int[] lowers) throws IOException {
        if (!rootIsOpaque) {
            return;
        }
        for (var lower : lowers) {
            for (var item : Listing.read(linux, lower)) {
                if (forms.form() == WhiteoutForm.AUFS && Marks.isMark(item.name())) {
                    continue;
                }
                var result = linux.stat(tree.root.fd, item.name(), Syscalls.AT_SYMLINK_NOFOLLOW, stat);
                if (result == -Errno.ENOENT) {
                    forms.makeWhiteout(tree.root.fd, item.name());
                    continue;
                }
                Errno.check(result, "statx", FileNames.decode(item.name()));
                if (stat.isDirectory()) {
                    var directory = tree.existing(tree.root, item.name());
                    forms.makeOpaque(directory.fd);
                }
            }
        }
    }

    /** What a mark of the archive hides, or null if it is the mark of an opaque directory. */
    static byte[] hidden(byte[] mark) throws storage.api.StorageException {
        if (Arrays.equals(mark, Marks.OPAQUE)) {
            return null;
        }
        var hidden = Marks.hidden(mark);
        if (hidden.length == 0
                || Arrays.equals(hidden, new byte[] {'.'})
                || Arrays.equals(hidden, new byte[] {'.', '.'})) {
            throw Refusal.bad("the whiteout " + FileNames.decode(mark) + " hides no name");
        }
        if (Marks.isMark(hidden)) {
            throw Refusal.bad("the name " + storage.common.tar.TarEntry.shown(mark) + " is reserved by aufs");
        }
        return hidden;
    }
}
