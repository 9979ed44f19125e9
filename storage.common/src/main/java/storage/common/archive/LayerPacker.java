package storage.common.archive;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Optional;
import storage.api.IdMaps;
import storage.linux.Stat;
import storage.linux.Syscalls;

/** Writes a layer archive, entry by entry. */
public final class LayerPacker implements AutoCloseable {
    private final Syscalls linux;

    /**
     * @param out where the archive goes, never closed
     * @param ids how the host's owners map to the archive's
     * @param recorded what the files lack for want of privilege
     */
    public LayerPacker(Syscalls linux, OutputStream out, IdMaps ids, Optional<PrivilegeRecord> recorded) {
        this.linux = linux;
    }

    /**
     * Adds a file, with its content.
     *
     * @param path the entry's name, without a leading slash
     * @param dirfd the directory that the file lies in
     * @param name the file's name there
     * @param stat what is known of the file
     */
    public void add(byte[] path, int dirfd, byte[] name, Stat stat) throws IOException {
        if (linux != null) {
            throw new UnsupportedOperationException("not yet");
        }
    }

    /** Adds a whiteout of a path. */
    public void whiteout(byte[] path) throws IOException {
        if (linux != null) {
            throw new UnsupportedOperationException("not yet");
        }
    }

    /** Adds the mark that hides everything that lies below in a directory. */
    public void opaque(byte[] directory) throws IOException {
        if (linux != null) {
            throw new UnsupportedOperationException("not yet");
        }
    }

    /** Writes the end of the archive; leaves the stream open. */
    @Override
    public void close() throws IOException {}
}
