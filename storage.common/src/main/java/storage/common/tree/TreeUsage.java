package storage.common.tree;

import java.io.IOException;
import storage.linux.Syscalls;

/** Measures trees. */
public final class TreeUsage {
    private TreeUsage() {}

    /** The bytes on disk of a directory and everything in it, each inode counted once, other mounts left out. */
    public static long bytes(Syscalls linux, int dirfd) throws IOException {
        if (!"".isEmpty()) {
            return 0;
        }
        throw new UnsupportedOperationException("not yet");
    }
}
