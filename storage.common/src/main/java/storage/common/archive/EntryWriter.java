package storage.common.archive;

import java.io.IOException;
import java.util.Arrays;
import java.util.Optional;
import storage.api.FileNames;
import storage.common.tar.TarEntry;
import storage.common.tar.TarFormat;
import storage.common.tree.NodeCopy;
import storage.common.tree.TreeRemoval;
import storage.common.tree.XattrRules;
import storage.linux.Errno;
import storage.linux.Stat;
import storage.linux.SyscallException;
import storage.linux.Syscalls;

/** Makes files of entries, in place of whatever has their names. */
final class EntryWriter {
    private static final int CREATE =
            Syscalls.O_WRONLY | Syscalls.O_CREAT | Syscalls.O_EXCL | Syscalls.O_NOFOLLOW | Syscalls.O_CLOEXEC;

    private final Syscalls linux;
    private final Forms forms;
    private final MergedTree tree;
    private final EntryAttributes attributes;
    private final FileFilling filling;
    private final Optional<PrivilegeRecord> record;
    private final NodeCopy copies;
    private final Stat stat = new Stat();

    EntryWriter(
            Syscalls linux,
            Forms forms,
            MergedTree tree,
            EntryAttributes attributes,
            FileFilling filling,
            Optional<PrivilegeRecord> record) {
        this.linux = linux;
        this.forms = forms;
        this.tree = tree;
        this.attributes = attributes;
        this.filling = filling;
        this.record = record;
        this.copies = new NodeCopy(linux, XattrRules::isContent, NodeCopy.Denied.NOTHING);
    }

    /** The root's own entry. */
    void root(TarEntry entry) throws IOException {
        attributes.replace(tree.root, entry);
        attributes.note(tree.root.path(), entry, false);
    }

    /** Whether an entry is what union filesystems take for a whiteout, whatever it was meant to be. */
    static boolean isWhiteout(TarEntry entry) {
        return entry.type == TarFormat.CHARACTER_DEVICE && entry.major == 0 && entry.minor == 0;
    }

    void directory(MergedDir parent, byte[] name, TarEntry entry) throws IOException {
        var result = linux.mkdirat(parent.fd, name, 0700);
        var hides = takeMark(parent, name);
        MergedDir directory = null;
        if (result == -Errno.EEXIST) {
            Errno.check(
                    linux.stat(parent.fd, name, Syscalls.AT_SYMLINK_NOFOLLOW, stat), "statx", FileNames.decode(name));
            if (stat.isDirectory()) {
                directory = tree.existing(parent, name);
                attributes.replace(directory, entry);
            } else {
                clear(parent, name);
                hides = true;
                result = linux.mkdirat(parent.fd, name, 0700);
            }
        }
        if (directory == null) {
            Errno.check(result, "mkdirat", FileNames.decode(name));
            directory = tree.made(parent, name, hides || tree.coversFile(parent, name));
            attributes.directory(directory, entry);
        }
        tree.implied.remove(directory.key);
        attributes.note(directory.path(), entry, false);
    }

    /** Removes the mark that aufs has beside a name that comes back; answers whether there was one. */
    private boolean takeMark(MergedDir parent, byte[] name) throws SyscallException {
        return !tree.marked.isEmpty() && tree.takeMark(parent, name, tree.keys.child(parent.key, name));
    }

    /** Removes what has a name, and forgets what is known of it. */
    private void clear(MergedDir parent, byte[] name) throws IOException {
        attributes.forget(parent.path(name));
        tree.forget(parent, name);
        TreeRemoval.remove(linux, parent.fd, name);
    }

    /** Notes that a name that is no directory is the archive's. */
    private void claim(MergedDir parent, byte[] name) throws SyscallException {
        takeMark(parent, name);
        tree.forget(parent, name);
        if (forms.isPlain()) {
            tree.own.add(tree.keys.child(parent.key, name));
        } else if (!tree.copiedUp.isEmpty()) {
            tree.copiedUp.remove(tree.keys.child(parent.key, name));
        }
    }

    void regular(MergedDir parent, byte[] name, TarEntry entry) throws IOException {
        filling.fill(create(parent, name), entry);
        claim(parent, name);
        note(parent, name, entry, false);
    }

    private int create(MergedDir parent, byte[] name) throws IOException {
        var fd = linux.openat(parent.fd, name, CREATE, 0600);
        if (fd == -Errno.EEXIST) {
            clear(parent, name);
            fd = linux.openat(parent.fd, name, CREATE, 0600);
        }
        return Errno.check(fd, "openat", FileNames.decode(name));
    }

    private void note(MergedDir parent, byte[] name, TarEntry entry, boolean denied) {
        if (record.isPresent()) {
            attributes.note(parent.path(name), entry, denied);
        }
    }

    void symlink(MergedDir parent, byte[] name, TarEntry entry) throws IOException {
        if (entry.link.length == 0) {
            throw Refusal.bad("the symbolic link " + entry.shownName() + " leads nowhere");
        }
        var result = linux.symlinkat(entry.link, parent.fd, name);
        if (result == -Errno.EEXIST) {
            clear(parent, name);
            result = linux.symlinkat(entry.link, parent.fd, name);
        }
        Errno.check(result, "symlinkat", FileNames.decode(name));
        attributes.symlink(parent.fd, name, entry);
        claim(parent, name);
        note(parent, name, entry, false);
    }

    void special(MergedDir parent, byte[] name, TarEntry entry) throws IOException {
        var type = switch (entry.type) {
            case TarFormat.BLOCK_DEVICE -> Stat.S_IFBLK;
            case TarFormat.CHARACTER_DEVICE -> Stat.S_IFCHR;
            default -> Stat.S_IFIFO;
        };
        var device = Stat.device(entry.major, entry.minor);
        var result = linux.mknodat(parent.fd, name, type | 0600, device);
        if (result == -Errno.EEXIST) {
            clear(parent, name);
            result = linux.mknodat(parent.fd, name, type | 0600, device);
        }
        var denied = result == -Errno.EPERM && record.isPresent() && type != Stat.S_IFIFO;
        if (denied) {
            linux.close(create(parent, name));
            attributes.byPath(parent.fd, name, entry);
            NodeCopy.chmod(linux, parent.fd, name, 0);
            attributes.time(parent.fd, name, entry);
        } else {
            Errno.check(result, "mknodat", FileNames.decode(name));
            attributes.special(parent.fd, name, entry);
        }
        claim(parent, name);
        note(parent, name, entry, denied);
    }

    /**
     * A further name of a file.
     *
     * @param target where the entry says that the file is
     */
    void hardLink(MergedDir parent, byte[] name, TarEntry entry, EntryPath target) throws IOException {
        if (target.count() == 0 || target.isMark() || target.isBelowMark()) {
            throw Refusal.bad("the link " + entry.shownName() + " leads to what is no file");
        }
        var directory = tree.parent(target);
        var file = target.last();
        ensureThere(directory, file, entry);
        if (directory == parent && Arrays.equals(file, name)) {
            return;
        }
        var result = linux.linkat(directory.fd, file, parent.fd, name, 0);
        if (result == -Errno.EEXIST) {
            clear(parent, name);
            if (directory.fd < 0) {
                // it lay in what its own name has replaced
                throw missing(entry);
            }
            result = linux.linkat(directory.fd, file, parent.fd, name, 0);
        }
        if (result == -Errno.EMLINK) {
            // what is copied has to be whole
            filling.finish();
            Errno.check(
                    linux.stat(directory.fd, file, Syscalls.AT_SYMLINK_NOFOLLOW, stat),
                    "statx",
                    FileNames.decode(file));
            result = copies.copy(directory.fd, file, stat, parent.fd, name);
        }
        if (result == -Errno.ENOENT) {
            throw missing(entry);
        }
        Errno.check(result, "linkat", FileNames.decode(name));
        claim(parent, name);
        if (record.isPresent()) {
            attributes.noteLink(directory.path(file), parent.path(name));
        }
    }

    private static storage.api.StorageException missing(TarEntry entry) {
        return Refusal.bad(
                "the link " + entry.shownName() + " leads to " + TarEntry.shown(entry.link) + ", which is not there");
    }

    /** Finds the target of a link, copying it up from below if need be. */
    private void ensureThere(MergedDir directory, byte[] file, TarEntry entry) throws IOException {
        if (directory.fd >= 0) {
            var result = linux.stat(directory.fd, file, Syscalls.AT_SYMLINK_NOFOLLOW, stat);
            if (result == 0 && !forms.isWhiteout(stat)) {
                refuseDirectory(entry);
                return;
            }
            if (result == 0 || tree.marked.contains(tree.keys.child(directory.key, file))) {
                throw missing(entry);
            }
            if (result != -Errno.ENOENT) {
                Errno.check(result, "statx", FileNames.decode(file));
            }
        }
        for (var lower : tree.lowers(directory)) {
            if (forms.hasMark(lower, file)) {
                break;
            }
            var result = linux.stat(lower, file, Syscalls.AT_SYMLINK_NOFOLLOW, stat);
            if (result == -Errno.ENOENT) {
                continue;
            }
            Errno.check(result, "statx", FileNames.decode(file));
            if (forms.isWhiteout(stat)) {
                break;
            }
            refuseDirectory(entry);
            tree.makeForCopy(directory, entry);
            Errno.check(copies.copy(lower, file, stat, directory.fd, file), "openat", FileNames.decode(file));
            tree.copiedUp.add(tree.keys.child(directory.key, file));
            return;
        }
        throw missing(entry);
    }

    private void refuseDirectory(TarEntry entry) throws IOException {
        if (stat.isDirectory()) {
            throw Refusal.bad("the link " + entry.shownName() + " leads to a directory");
        }
    }
}
