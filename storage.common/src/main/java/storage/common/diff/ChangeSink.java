package storage.common.diff;

import java.io.IOException;
import storage.api.Change;
import storage.linux.Stat;

/** Is told the differences between two trees, in the order of paths, a directory before what it holds. */
public interface ChangeSink {
    /**
     * Something that the newer tree has: ADD or MODIFY.
     *
     * @param path from the root, without a leading slash; empty for the root itself
     * @param dirfd the newer tree's directory that it lies in
     * @param name its name there
     * @param stat what is known of it; reused after the call
     */
    void present(Change.Kind kind, byte[] path, int dirfd, byte[] name, Stat stat) throws IOException;

    /** Something that the newer tree does not have any more. */
    void deleted(byte[] path) throws IOException;

    /**
     * A directory, told as present just before, hides everything that the older tree has below it. Only of walks that
     * tell this instead of each deletion.
     */
    default void opaque(byte[] path) throws IOException {}
}
