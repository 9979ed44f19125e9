package storage.common.archive;

import java.util.List;
import storage.common.Xattr;
import storage.common.tar.TarEntry;

/**
 * A regular file that is being filled: what has to be known of its entry until it is closed, while the archive is read on.
 *
 * @param fd of the new, empty file
 * @param path its name in the archive, for messages
 * @param size in bytes
 * @param sparse whether the content comes in parts with holes between them
 */
@SuppressWarnings("ArrayRecordComponent") // names are bytes; never compared
record OpenEntry(
        int fd,
        byte[] path,
        long size,
        boolean sparse,
        int uid,
        int gid,
        int mode,
        long seconds,
        int nanos,
        List<Xattr> xattrs) {
    static OpenEntry of(int fd, TarEntry entry) {
        return new OpenEntry(
                fd,
                entry.name,
                entry.size,
                entry.isSparse,
                (int) entry.uid,
                (int) entry.gid,
                entry.mode,
                entry.seconds,
                entry.nanos,
                entry.xattrs.isEmpty() ? List.of() : List.copyOf(entry.xattrs));
    }

    /** For messages. */
    String name() {
        return TarEntry.shown(path);
    }
}
