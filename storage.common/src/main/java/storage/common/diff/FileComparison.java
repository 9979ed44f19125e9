package storage.common.diff;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import storage.api.FileNames;
import storage.common.Xattr;
import storage.common.archive.Attributes;
import storage.common.archive.PrivilegeRecord;
import storage.common.tree.NodeCopy;
import storage.common.tree.XattrRules;
import storage.common.tree.Xattrs;
import storage.linux.Errno;
import storage.linux.Stat;
import storage.linux.SyscallException;
import storage.linux.Syscalls;

/** Tells whether two files under one name are the same to a layer. */
public final class FileComparison {
    private static final int PIECE = 128 << 10;
    private static final long BILLION = 1_000_000_000L;

    private final Syscalls linux;
    private final DiffOptions options;
    private final Xattrs xattrs;
    private ByteBuffer olderBytes;
    private ByteBuffer newerBytes;

    public FileComparison(Syscalls linux, DiffOptions options) {
        this.linux = linux;
        this.options = options;
        this.xattrs = new Xattrs(linux);
    }

    /** The change time in nanoseconds since 1970. */
    static long changed(Stat stat) {
        return stat.changedSeconds * BILLION + stat.changedNanos;
    }

    /**
     * Compares two files.
     *
     * @param path from the roots of their trees, for what is on record of them
     * @param olderDir and {@code olderName}: where the older one lies; {@code older} is known of it. Likewise the newer
     */
    public boolean differ(
            byte[] path, int olderDir, byte[] olderName, Stat older, int newerDir, byte[] newerName, Stat newer)
            throws SyscallException {
        if (older.inode == newer.inode && older.device == newer.device) {
            return false;
        }
        if (older.mode != newer.mode) {
            return true;
        }
        if (recordsDiffer(path, older, newer)) {
            return true;
        }
        if (!newer.isDirectory()
                && (older.modifiedSeconds != newer.modifiedSeconds || older.modifiedNanos != newer.modifiedNanos)) {
            return true;
        }
        return switch (newer.type()) {
            case Stat.S_IFDIR -> xattrsDiffer(olderDir, olderName, newerDir, newerName);
            case Stat.S_IFREG ->
                older.size != newer.size || filesDiffer(olderDir, olderName, older, newerDir, newerName, newer);
            case Stat.S_IFLNK ->
                !Arrays.equals(
                        NodeCopy.readLink(linux, olderDir, olderName), NodeCopy.readLink(linux, newerDir, newerName));
            default -> older.special != newer.special || xattrsDiffer(olderDir, olderName, newerDir, newerName);
        };
    }

    /** Owners, and whatever else is only on record. */
    private boolean recordsDiffer(byte[] path, Stat older, Stat newer) {
        if (options.recorded().isEmpty() && options.recordedOlder().isEmpty()) {
            return older.uid != newer.uid || older.gid != newer.gid;
        }
        var olderKnown = known(options.recordedOlder(), path);
        var newerKnown = known(options.recorded(), path);
        return owner(olderKnown.uid(), older.uid) != owner(newerKnown.uid(), newer.uid)
                || owner(olderKnown.gid(), older.gid) != owner(newerKnown.gid(), newer.gid)
                || olderKnown.mode() != newerKnown.mode()
                || olderKnown.special() != newerKnown.special()
                || !sameValues(olderKnown, newerKnown);
    }

    private static boolean sameValues(Attributes older, Attributes newer) {
        if (!older.xattrs().keySet().equals(newer.xattrs().keySet())) {
            return false;
        }
        return older.xattrs().entrySet().stream()
                .allMatch(
                        entry -> Arrays.equals(entry.getValue(), newer.xattrs().get(entry.getKey())));
    }

    private static Attributes known(Optional<PrivilegeRecord> record, byte[] path) {
        return record.flatMap(all -> all.get(path)).orElse(Attributes.NONE);
    }

    private static long owner(long recorded, int own) {
        return recorded < 0 ? own & 0xffffffffL : recorded;
    }

    private boolean xattrsDiffer(int olderDir, byte[] olderName, int newerDir, byte[] newerName)
            throws SyscallException {
        return differ(xattrs.of(olderDir, olderName), xattrs.of(newerDir, newerName));
    }

    private static boolean differ(List<Xattr> older, List<Xattr> newer) {
        if (older.isEmpty() && newer.isEmpty()) {
            return false;
        }
        var left = content(older);
        var right = content(newer);
        return !left.keySet().equals(right.keySet())
                || left.entrySet().stream()
                        .anyMatch(xattr -> !Arrays.equals(xattr.getValue(), right.get(xattr.getKey())));
    }

    private static Map<String, byte[]> content(List<Xattr> all) {
        var map = new TreeMap<String, byte[]>();
        for (var xattr : all) {
            if (XattrRules.isContent(xattr.name())) {
                map.put(FileNames.decode(xattr.name()), xattr.value());
            }
        }
        return map;
    }

    private boolean filesDiffer(int olderDir, byte[] olderName, Stat older, int newerDir, byte[] newerName, Stat newer)
            throws SyscallException {
        var left = NodeCopy.openToRead(linux, olderDir, olderName, older);
        try {
            var right = NodeCopy.openToRead(linux, newerDir, newerName, newer);
            try {
                return differ(xattrs.of(left), xattrs.of(right)) || contentDiffers(left, right, newer.size);
            } finally {
                linux.close(right);
            }
        } finally {
            linux.close(left);
        }
    }

    private boolean contentDiffers(int left, int right, long size) throws SyscallException {
        if (olderBytes == null) {
            olderBytes = ByteBuffer.allocateDirect(PIECE);
            newerBytes = ByteBuffer.allocateDirect(PIECE);
        }
        for (var at = 0L; at < size; at += PIECE) {
            read(left, olderBytes, size - at);
            read(right, newerBytes, size - at);
            if (olderBytes.mismatch(newerBytes) >= 0) {
                return true;
            }
        }
        return false;
    }

    private void read(int fd, ByteBuffer buffer, long most) throws SyscallException {
        buffer.clear().limit((int) Math.min(most, PIECE));
        while (buffer.hasRemaining() && Errno.check(linux.read(fd, buffer), "read", "") > 0) {
            // files may give less than asked for
        }
        buffer.flip();
    }
}
