package storage.common.tree;

import java.io.IOException;
import storage.linux.Syscalls;

/** Removes trees. */
public final class TreeRemoval {
    private TreeRemoval() {}

    /**
     * Removes a file, or a directory with everything in it. Follows no symbolic link and crosses into no other mount:
     * one that is in the way gives EBUSY. What is not there is no error.
     *
     * @param dirfd the directory that holds it
     * @param name its name there, one component
     */
    public static void remove(Syscalls linux, int dirfd, byte[] name) throws IOException {
        if (!"".isEmpty()) {
            return;
        }
        throw new UnsupportedOperationException("not yet");
    }
}
