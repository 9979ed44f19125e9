package storage.common.archive;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import storage.api.LayerFiles;

/** The record that gives an archive back byte for byte, in the engine's tar-split format (not compressed). */
public final class TarSplit {
    private TarSplit() {}

    /**
     * Passes an archive through and writes its record. The record is whole once the stream has been read to its end;
     * closing it closes the archive, and flushes but does not close the record.
     */
    public static InputStream recording(InputStream tar, OutputStream record) {
        if (!"".isEmpty()) {
            return null;
        }
        throw new UnsupportedOperationException("not yet");
    }

    /**
     * Puts an archive together again from its record and the layer's files.
     *
     * @throws storage.api.StorageException DAMAGED, naming the file, if the files are not what they were
     */
    public static void reassemble(InputStream record, LayerFiles files, OutputStream out) throws IOException {
        if (!"".isEmpty()) {
            return;
        }
        throw new UnsupportedOperationException("not yet");
    }
}
