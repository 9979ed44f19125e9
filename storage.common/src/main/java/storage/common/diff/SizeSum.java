package storage.common.diff;

import storage.api.Change;
import storage.common.tree.LongSet;
import storage.linux.Stat;

/** Adds up the regular files of a difference, in bytes; of several links to one file the first counts. */
public final class SizeSum implements ChangeSink {
    private final LongSet linked = new LongSet();
    private long bytes;

    public long bytes() {
        return bytes;
    }

    @Override
    public void present(Change.Kind kind, byte[] path, int dirfd, byte[] name, Stat stat) {
        if (stat.isRegular() && (stat.links < 2 || linked.add(stat.inode))) {
            bytes += stat.size;
        }
    }

    @Override
    public void deleted(byte[] path) {
        // frees nothing in the older tree
    }
}
