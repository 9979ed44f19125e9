package storage.common.archive;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import storage.api.FileNames;
import storage.api.IdMaps;
import storage.api.StorageException;
import storage.common.Xattr;
import storage.common.tar.TarEntry;
import storage.common.tar.TarFormat;
import storage.common.tar.TarWriter;
import storage.common.tree.NodeCopy;
import storage.common.tree.XattrRules;
import storage.common.tree.Xattrs;
import storage.linux.Errno;
import storage.linux.Stat;
import storage.linux.SyscallException;
import storage.linux.Syscalls;

/**
 * Writes a layer archive, entry by entry. The same files give the same bytes. Sockets, which archives cannot hold, and
 * files that vanish meanwhile are left out; a file that grows or shrinks while it is read is cut or filled up with zeros.
 */
public final class LayerPacker {
    private static final byte[] EMPTY = {};

    /** A file that has several names. */
    private record Inode(long device, long number) {}

    private final Syscalls linux;
    private final TarWriter tar;
    private final IdMaps ids;
    private final Optional<PrivilegeRecord> recorded;
    private final Xattrs xattrs;
    private final TarEntry entry = TarWriter.entry();
    private final Map<Inode, byte[]> linked = new HashMap<>();

    /**
     * @param out where the archive goes, never closed
     * @param ids how the host's owners map to the archive's
     * @param recorded what the files lack for want of privilege
     */
    public LayerPacker(Syscalls linux, OutputStream out, IdMaps ids, Optional<PrivilegeRecord> recorded) {
        this.linux = linux;
        this.tar = new TarWriter(out);
        this.ids = ids;
        this.recorded = recorded;
        this.xattrs = new Xattrs(linux);
    }

    /**
     * Adds a file, with its content.
     *
     * @param path the entry's name, without a leading slash; empty for the root
     * @param dirfd the directory that the file lies in
     * @param name the file's name there
     * @param stat what is known of the file
     * @throws StorageException INVALID if the owner has no place in the id maps
     */
    public void add(byte[] path, int dirfd, byte[] name, Stat stat) throws IOException {
        fill(path, stat);
        switch (stat.type()) {
            case Stat.S_IFREG -> regular(path, dirfd, name, stat);
            case Stat.S_IFDIR -> {
                entry.type = TarFormat.DIRECTORY;
                entry.name = path.length == 0 ? new byte[] {'.', '/'} : Arrays.copyOf(path, path.length + 1);
                entry.name[entry.name.length - 1] = '/';
                addXattrs(xattrs.of(dirfd, name));
                tar.header(entry);
            }
            case Stat.S_IFSOCK -> {
                // nothing that could be kept
            }
            default -> other(path, dirfd, name, stat);
        }
    }

    private void fill(byte[] path, Stat stat) throws StorageException {
        var known =
                recorded.isEmpty() ? Attributes.NONE : recorded.get().get(path).orElse(Attributes.NONE);
        entry.name = path;
        entry.link = EMPTY;
        entry.mode = known.mode() == 0 ? stat.permissions() : known.mode() & 07777;
        entry.uid = inside(known.uid() < 0 ? stat.uid : known.uid(), true, path);
        entry.gid = inside(known.gid() < 0 ? stat.gid : known.gid(), false, path);
        entry.size = 0;
        entry.seconds = stat.modifiedSeconds;
        entry.nanos = stat.modifiedNanos;
        entry.major = 0;
        entry.minor = 0;
        entry.xattrs.clear();
        known.xattrs().entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .forEach(xattr -> entry.xattrs.add(new Xattr(FileNames.encode(xattr.getKey()), xattr.getValue())));
        entry.type = TarFormat.REGULAR;
        if (known.special() != 0 || (known.mode() & Stat.S_IFMT) != 0) {
            entry.type =
                    (known.mode() & Stat.S_IFMT) == Stat.S_IFBLK ? TarFormat.BLOCK_DEVICE : TarFormat.CHARACTER_DEVICE;
            entry.major = Stat.major(known.special());
            entry.minor = Stat.minor(known.special());
        }
    }

    private long inside(long id, boolean user, byte[] path) throws StorageException {
        var unsigned = id & 0xffffffffL;
        var mapped = user ? ids.uidInside(unsigned) : ids.gidInside(unsigned);
        if (mapped < 0) {
            throw StorageException.of(
                    StorageException.Kind.INVALID,
                    "/" + TarEntry.shown(path) + " belongs to " + (user ? "user " : "group ") + unsigned
                            + ", which the id maps have no place for",
                    "Change its owner to one of the mapped ids");
        }
        return mapped;
    }

    private void addXattrs(Iterable<Xattr> all) {
        for (var xattr : all) {
            if (XattrRules.isContent(xattr.name())) {
                entry.xattrs.add(xattr);
            }
        }
    }

    /** Whether the file went out before under another name; then this is a link to that. */
    private boolean isLink(byte[] path, Stat stat) throws IOException {
        if (stat.links < 2) {
            return false;
        }
        var first = linked.putIfAbsent(new Inode(stat.device, stat.inode), path.clone());
        if (first == null || Arrays.equals(first, path)) {
            return false;
        }
        entry.type = TarFormat.HARD_LINK;
        entry.link = first;
        entry.xattrs.clear();
        entry.major = 0;
        entry.minor = 0;
        tar.header(entry);
        return true;
    }

    private void regular(byte[] path, int dirfd, byte[] name, Stat stat) throws IOException {
        if (entry.type != TarFormat.REGULAR) {
            // an empty file that stands for a device node
            if (!isLink(path, stat)) {
                tar.header(entry);
            }
            return;
        }
        if (isLink(path, stat)) {
            return;
        }
        int fd;
        try {
            fd = NodeCopy.openToRead(linux, dirfd, name, stat);
        } catch (SyscallException e) {
            if (e.errno() == Errno.ENOENT || e.errno() == Errno.ELOOP) {
                linked.remove(new Inode(stat.device, stat.inode));
                return;
            }
            throw e;
        }
        try {
            addXattrs(xattrs.of(fd));
            entry.size = stat.size;
            tar.header(entry);
            content(fd, stat.size);
        } finally {
            linux.close(fd);
        }
    }

    private void content(int fd, long size) throws IOException {
        var left = size;
        while (left > 0) {
            var room = tar.room();
            var limit = room.limit();
            room.limit((int) Math.min(limit, room.position() + left));
            var count = linux.read(fd, room);
            room.limit(limit);
            if (Errno.check(count, "read", TarEntry.shown(entry.name)) == 0) {
                tar.zeros(left);
                break;
            }
            tar.wrote(count);
            left -= count;
        }
        tar.pad();
    }

    private void other(byte[] path, int dirfd, byte[] name, Stat stat) throws IOException {
        if (isLink(path, stat)) {
            return;
        }
        switch (stat.type()) {
            case Stat.S_IFLNK -> {
                entry.type = TarFormat.SYMLINK;
                entry.link = NodeCopy.readLink(linux, dirfd, name);
            }
            case Stat.S_IFIFO -> entry.type = TarFormat.FIFO;
            default -> {
                entry.type = stat.type() == Stat.S_IFBLK ? TarFormat.BLOCK_DEVICE : TarFormat.CHARACTER_DEVICE;
                entry.major = Stat.major(stat.special);
                entry.minor = Stat.minor(stat.special);
            }
        }
        if (!stat.isSymlink()) {
            addXattrs(xattrs.of(dirfd, name));
        }
        tar.header(entry);
    }

    /** Adds a whiteout of a path. */
    public void whiteout(byte[] path) throws IOException {
        var slash = path.length;
        while (slash > 0 && path[slash - 1] != '/') {
            slash--;
        }
        mark(Arrays.copyOf(path, slash), Marks.of(Arrays.copyOfRange(path, slash, path.length)));
    }

    /** Adds the mark that hides everything that lies below in a directory. */
    public void opaque(byte[] directory) throws IOException {
        mark(directory.length == 0 ? EMPTY : slashed(directory), Marks.OPAQUE);
    }

    private static byte[] slashed(byte[] directory) {
        var path = Arrays.copyOf(directory, directory.length + 1);
        path[directory.length] = '/';
        return path;
    }

    private void mark(byte[] directory, byte[] name) throws IOException {
        var path = Arrays.copyOf(directory, directory.length + name.length);
        System.arraycopy(name, 0, path, directory.length, name.length);
        entry.type = TarFormat.REGULAR;
        entry.name = path;
        entry.link = EMPTY;
        entry.mode = 0;
        entry.uid = 0;
        entry.gid = 0;
        entry.size = 0;
        entry.seconds = 0;
        entry.nanos = 0;
        entry.major = 0;
        entry.minor = 0;
        entry.xattrs.clear();
        tar.header(entry);
    }

    /** Writes the end of the archive. Not called when anything failed, so that what is cut off looks it. */
    public void end() throws IOException {
        tar.end();
    }
}
