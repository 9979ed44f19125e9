package storage.common.archive;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import storage.api.FileNames;
import storage.api.IdMaps;
import storage.common.Xattr;
import storage.common.tar.TarEntry;
import storage.common.tree.NodeCopy;
import storage.common.tree.XattrRules;
import storage.common.tree.Xattrs;
import storage.linux.Errno;
import storage.linux.Stat;
import storage.linux.SyscallException;
import storage.linux.Syscalls;

/**
 * Gives files the owner, mode, extended attributes and times of their entries, and notes what the kernel does not allow
 * if it has where to.
 */
final class EntryAttributes {
    private static final Logger LOG = LoggerFactory.getLogger(EntryAttributes.class);

    private static final int USUAL_MODE = 0755;

    private final Syscalls linux;
    private final IdMaps ids;
    private final Optional<PrivilegeRecord> record;
    private final Xattrs xattrs;
    private final boolean privileged;
    private volatile boolean told;

    // of the entry that is being worked on
    private boolean ownerDenied;
    private final Map<String, byte[]> xattrsDenied = new HashMap<>();

    EntryAttributes(Syscalls linux, UnpackOptions options) {
        this.linux = linux;
        this.ids = options.ids();
        this.record = options.unprivileged();
        this.xattrs = new Xattrs(linux);
        this.privileged = linux.geteuid() == 0;
    }

    /** Maps owners to the host's; entries without one on the host are refused before anything is made of them. */
    void map(TarEntry entry) throws storage.api.StorageException {
        // 2^32-1 is chown's "leave it"
        if (entry.uid < 0 || entry.uid >= 0xffffffffL || entry.gid < 0 || entry.gid >= 0xffffffffL) {
            throw Refusal.bad(entry.shownName() + " has an owner that no file has");
        }
        if (!ids.isIdentity()) {
            var uid = ids.uidOutside(entry.uid);
            var gid = ids.gidOutside(entry.gid);
            if (uid < 0 || gid < 0) {
                throw Refusal.bad(entry.shownName() + " belongs to " + entry.uid + ":" + entry.gid
                        + ", which the id maps have no place for");
            }
            entry.uid = uid;
            entry.gid = gid;
        }
    }

    /** Everything, for a regular file that is open. From any thread, where nothing is recorded. */
    void file(OpenEntry file) throws IOException {
        // a change of owner takes set-user-id and capabilities away, so it comes first
        owner(linux.fchown(file.fd(), file.uid(), file.gid()));
        // before the mode, which may forbid a file's owner to write to it
        for (var xattr : file.xattrs()) {
            if (XattrRules.isContent(xattr.name())) {
                set(linux.fsetxattr(file.fd(), xattr.name(), xattr.value(), 0), xattr);
            }
        }
        Errno.check(linux.fchmod(file.fd(), file.mode()), "fchmod", "");
        Errno.check(linux.futimens(file.fd(), 0, Syscalls.UTIME_OMIT, file.seconds(), file.nanos()), "utimensat", "");
    }

    /** Everything but the time, which is set at the end, for a directory. */
    void directory(MergedDir directory, TarEntry entry) throws IOException {
        owner(linux.fchown(directory.fd, (int) entry.uid, (int) entry.gid));
        mode(directory, entry.mode);
        for (var xattr : entry.xattrs) {
            if (XattrRules.isContent(xattr.name())) {
                set(linux.fsetxattr(directory.fd, xattr.name(), xattr.value(), 0), xattr);
            }
        }
        directory.seconds = entry.seconds;
        directory.nanos = entry.nanos;
    }

    /** The same, for a directory that was there: what the entry does not have goes. */
    void replace(MergedDir directory, TarEntry entry) throws IOException {
        removeXattrs(directory.fd);
        directory(directory, entry);
    }

    private void removeXattrs(int fd) throws SyscallException {
        for (var old : xattrs.of(fd)) {
            if (XattrRules.isContent(old.name())) {
                var result = linux.fremovexattr(fd, old.name());
                if (result != -Errno.ENODATA && result != -Errno.EPERM) {
                    Errno.check(result, "removexattr", FileNames.decode(old.name()));
                }
            }
        }
    }

    private void mode(MergedDir directory, int mode) throws SyscallException {
        if (privileged || (mode & 0700) == 0700) {
            directory.mode = -1;
            Errno.check(linux.fchmod(directory.fd, mode), "fchmod", "");
        } else {
            directory.mode = mode;
            Errno.check(linux.fchmod(directory.fd, mode | 0700), "fchmod", "");
        }
    }

    /** Everything but the mode, for a symbolic link. */
    void symlink(int dirfd, byte[] name, TarEntry entry) throws IOException {
        owner(linux.fchownat(dirfd, name, (int) entry.uid, (int) entry.gid, Syscalls.AT_SYMLINK_NOFOLLOW));
        byPath(dirfd, name, entry);
    }

    /** Everything, for a device or fifo. */
    void special(int dirfd, byte[] name, TarEntry entry) throws IOException {
        owner(linux.fchownat(dirfd, name, (int) entry.uid, (int) entry.gid, Syscalls.AT_SYMLINK_NOFOLLOW));
        NodeCopy.chmod(linux, dirfd, name, entry.mode);
        byPath(dirfd, name, entry);
    }

    /** Extended attributes and the time, for what is not open. */
    void byPath(int dirfd, byte[] name, TarEntry entry) throws IOException {
        if (!entry.xattrs.isEmpty()) {
            var path = Xattrs.path(dirfd, name);
            for (var xattr : entry.xattrs) {
                if (XattrRules.isContent(xattr.name())) {
                    set(linux.lsetxattr(path, xattr.name(), xattr.value(), 0), xattr);
                }
            }
        }
        time(dirfd, name, entry);
    }

    /** The time alone, for what is not opened. */
    void time(int dirfd, byte[] name, TarEntry entry) throws SyscallException {
        Errno.check(
                linux.utimensat(
                        dirfd, name, 0, Syscalls.UTIME_OMIT, entry.seconds, entry.nanos, Syscalls.AT_SYMLINK_NOFOLLOW),
                "utimensat",
                FileNames.decode(name));
    }

    private void owner(int result) throws SyscallException {
        // EINVAL: a user namespace has no such id
        if (record.isPresent() && (result == -Errno.EPERM || result == -Errno.EINVAL)) {
            ownerDenied = true;
            return;
        }
        Errno.check(result, "fchownat", "");
    }

    private void set(int result, Xattr xattr) throws IOException {
        // EPERM also for user.* on links and devices; EOPNOTSUPP where the filesystem has no attributes of that kind
        if (result == -Errno.EPERM || result == -Errno.EOPNOTSUPP || result == -Errno.EACCES) {
            if (record.isPresent()) {
                xattrsDenied.put(FileNames.decode(xattr.name()), xattr.value());
            } else if (!told) {
                told = true;
                LOG.warn(
                        "Extended attributes such as {} cannot be set here and are left out",
                        TarEntry.shown(xattr.name()));
            }
            return;
        }
        // a capability or an access list that is none
        if (result == -Errno.EINVAL) {
            throw Refusal.bad("the extended attribute " + TarEntry.shown(xattr.name()) + " has no such value");
        }
        Errno.check(result, "setxattr", FileNames.decode(xattr.name()));
    }

    /**
     * Notes what the entry's file lacks, if anything.
     *
     * @param denied whether a device node could not be made
     */
    void note(byte[] path, TarEntry entry, boolean denied) {
        if (record.isEmpty()) {
            return;
        }
        var any = ownerDenied || denied || !xattrsDenied.isEmpty();
        var type = entry.type == storage.common.tar.TarFormat.BLOCK_DEVICE ? Stat.S_IFBLK : Stat.S_IFCHR;
        record.get()
                .put(
                        path,
                        !any
                                ? Attributes.NONE
                                : new Attributes(
                                        denied ? type | entry.mode : 0,
                                        ownerDenied || denied ? entry.uid : -1,
                                        ownerDenied || denied ? entry.gid : -1,
                                        denied ? Stat.device(entry.major, entry.minor) : 0,
                                        xattrsDenied));
        ownerDenied = false;
        xattrsDenied.clear();
    }

    /** A further name of a file lacks what the file lacks. */
    void noteLink(byte[] target, byte[] path) {
        record.ifPresent(known -> known.put(path, known.get(target).orElse(Attributes.NONE)));
    }

    /** A file is gone, with all below it. */
    void forget(byte[] path) {
        record.ifPresent(known -> known.remove(path));
    }

    /** An implied directory is as the one below, its time included. */
    void copy(int from, MergedDir directory, Stat stat) throws IOException {
        owner(linux.fchown(directory.fd, stat.uid, stat.gid));
        mode(directory, stat.permissions());
        for (var xattr : xattrs.of(from)) {
            if (XattrRules.isContent(xattr.name())) {
                set(linux.fsetxattr(directory.fd, xattr.name(), xattr.value(), 0), xattr);
            }
        }
        directory.seconds = stat.modifiedSeconds;
        directory.nanos = stat.modifiedNanos;
        ownerDenied = false;
        xattrsDenied.clear();
    }

    /** An implied directory with nothing below is root's, and as old as the entry that implies it. */
    void usual(MergedDir directory, TarEntry entry) throws SyscallException {
        usual(directory.fd);
        directory.seconds = entry.seconds;
        directory.nanos = entry.nanos;
        noteUsual(directory.path());
    }

    private void noteUsual(byte[] path) {
        if (ownerDenied) {
            record.orElseThrow().put(path, new Attributes(0, ids.rootUid(), ids.rootGid(), 0, Map.of()));
        }
        ownerDenied = false;
    }

    /** The same for one that took its attributes from below, where it has turned out that nothing is below. */
    void uncover(int fd) throws SyscallException {
        usual(fd);
        ownerDenied = false;
    }

    private void usual(int fd) throws SyscallException {
        owner(linux.fchown(fd, (int) ids.rootUid(), (int) ids.rootGid()));
        Errno.check(linux.fchmod(fd, USUAL_MODE), "fchmod", "");
        removeXattrs(fd);
    }
}
