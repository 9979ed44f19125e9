package storage.btrfs.diff;

import java.io.IOException;
import storage.api.Change;
import storage.api.FileNames;
import storage.common.diff.ChangeSink;
import storage.linux.Errno;
import storage.linux.FileCalls;
import storage.linux.Stat;
import storage.linux.Syscalls;

/**
 * Gives times to the empty folders that stand for subvolumes in a snapshot. They are on no disk: the kernel makes their inode
 * up when it is asked for, with the time of that moment (new_simple_dir, fs/btrfs/inode.c). They are told with the time of the
 * directory that they lie in, so that the same layer gives the same archive.
 */
public final class Placeholders implements ChangeSink {
    /** {@code BTRFS_EMPTY_SUBVOL_DIR_OBJECTID}, linux/btrfs_tree.h */
    private static final long INODE = 2;

    private final Syscalls linux;
    private final ChangeSink sink;

    public Placeholders(Syscalls linux, ChangeSink sink) {
        this.linux = linux;
        this.sink = sink;
    }

    @Override
    public void present(Change.Kind kind, byte[] path, int dirfd, byte[] name, Stat stat) throws IOException {
        if (stat.inode == INODE && stat.isDirectory()) {
            var above = new Stat();
            var result = linux.stat(dirfd, new byte[0], FileCalls.AT_EMPTY_PATH, above);
            Errno.check(result, "statx", FileNames.decode(path));
            stat.modifiedSeconds = above.modifiedSeconds;
            stat.modifiedNanos = above.modifiedNanos;
        }
        sink.present(kind, path, dirfd, name, stat);
    }

    @Override
    public void deleted(byte[] path) throws IOException {
        sink.deleted(path);
    }

    @Override
    public void opaque(byte[] path) throws IOException {
        sink.opaque(path);
    }
}
