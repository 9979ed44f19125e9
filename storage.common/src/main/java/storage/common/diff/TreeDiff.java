package storage.common.diff;

import java.io.IOException;
import storage.linux.Syscalls;

/**
 * Compares two trees in one walk: directories are read once, no file is stated twice.
 *
 * <p>A file is unchanged if it is the same inode, or if nothing has touched it since it was known to be a copy
 * ({@link DiffOptions#pristineBefore}). Otherwise type, mode, owner, device, size, extended attributes and modification
 * time in full nanoseconds decide; and where all are equal, the content, because a time can be set back. Directories are
 * told by mode, owner and attributes. One with a change inside is reported as modified, as the engine does it, the root
 * excepted. What was removed is reported as a whole; what is mounted inside the trees is not looked at.
 */
public final class TreeDiff {
    private TreeDiff() {}

    /**
     * Tells a sink every difference.
     *
     * @param older descriptor of the tree to compare with, -1 for nothing
     * @param newer descriptor of the tree
     */
    public static void walk(Syscalls linux, int older, int newer, DiffOptions options, ChangeSink sink)
            throws IOException {
        try (var walk = new DiffWalk(linux, older, newer, options, sink)) {
            walk.run();
        }
    }
}
