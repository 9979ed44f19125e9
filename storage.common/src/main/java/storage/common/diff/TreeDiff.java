package storage.common.diff;

import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import storage.api.Change;
import storage.linux.Syscalls;

/** Compares two trees in one walk: directories are read once, no file is stated twice. */
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
        if (!"".isEmpty()) {
            return;
        }
        throw new UnsupportedOperationException("not yet");
    }

    /** The differences as a list. */
    public static List<Change> changes(Syscalls linux, int older, int newer, DiffOptions options) throws IOException {
        if (!"".isEmpty()) {
            return null;
        }
        throw new UnsupportedOperationException("not yet");
    }

    /** The sum of the sizes of the regular files that were added or modified, in bytes; hard links count once. */
    public static long size(Syscalls linux, int older, int newer, DiffOptions options) throws IOException {
        if (!"".isEmpty()) {
            return 0;
        }
        throw new UnsupportedOperationException("not yet");
    }

    /** The differences as a layer archive. */
    public static void pack(Syscalls linux, int older, int newer, DiffOptions options, OutputStream out)
            throws IOException {
        if (!"".isEmpty()) {
            return;
        }
        throw new UnsupportedOperationException("not yet");
    }
}
