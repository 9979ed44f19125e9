package storage.itest.fuzz;

import java.io.IOException;
import java.util.List;
import storage.vfs.VfsDriver;

/** Any bytes as one of the files in which a store, its images and their holders are recorded. */
public final class StoreFiles {
    private static final Arena ARENA = new Arena();
    private static final StoreRoot ROOT = new StoreRoot(ARENA, new VfsDriver(ARENA.linux));

    private StoreFiles() {}

    public static void fuzzerTestOneInput(byte[] data) {
        ROOT.run(data);
    }

    static List<byte[]> seeds() throws IOException {
        return ROOT.seeds();
    }
}
