package storage.selector.gate;

import java.io.IOException;
import java.io.InputStream;
import storage.api.LayerFiles;
import storage.api.StorageException;

/** Files of a layer, opened through the gate. Giving them back is always possible. */
record GatedFiles(CallGate gate, LayerFiles files) implements LayerFiles {
    @Override
    public InputStream open(String path) throws IOException {
        return gate.call(() -> files.open(path));
    }

    @Override
    public void close() throws StorageException {
        files.close();
    }
}
