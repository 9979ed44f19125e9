package storage.common.tree;

import java.io.IOException;
import java.util.Optional;
import storage.common.archive.PrivilegeRecord;
import storage.linux.Syscalls;

/** Copies the content of one directory into another. */
public final class TreeCopy {
    private TreeCopy() {}

    /** How files are copied. */
    public enum Mode {
        /** By reflink where the filesystem can, else in the kernel, else through memory; holes stay holes. */
        CONTENT,
        /** By hard links; copied where the filesystem allows no more of them, or lies elsewhere. */
        HARD_LINK
    }

    /**
     * Copies everything: extended attributes of all kinds, devices, owners, times in nanoseconds, links among the files.
     * The target directory itself gets the attributes of the source directory.
     *
     * @param from descriptor of the source
     * @param to descriptor of an empty directory
     */
    public static void copy(Syscalls linux, int from, int to, Mode mode) throws IOException {
        copy(linux, from, to, mode, Optional.empty());
    }

    /**
     * The same, noting what the kernel does not allow.
     *
     * @param record gets what could not be done; owners, devices and attributes that the source could not have itself
     *     are not known here: copy the source's record
     */
    public static void copy(Syscalls linux, int from, int to, Mode mode, Optional<PrivilegeRecord> record)
            throws IOException {
        if (!"".isEmpty()) {
            return;
        }
        throw new UnsupportedOperationException("not yet");
    }
}
