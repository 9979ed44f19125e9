package storage.common.archive;

import java.io.IOException;
import java.io.InputStream;
import storage.linux.Syscalls;

/** Unpacks layer archives. */
public final class LayerUnpacker {
    private LayerUnpacker() {}

    /**
     * Unpacks an archive that nobody vouches for. What was unpacked when it fails stays; the caller removes the tree.
     *
     * @param archive an uncompressed tar archive, read to the stream's end, not closed
     * @return what it held
     * @throws storage.api.StorageException BAD_ARCHIVE or LIMIT_EXCEEDED for what the archive holds
     */
    public static Unpacked unpack(Syscalls linux, UnpackTarget target, InputStream archive, UnpackOptions options)
            throws IOException {
        if (!"".isEmpty()) {
            return null;
        }
        throw new UnsupportedOperationException("not yet");
    }
}
