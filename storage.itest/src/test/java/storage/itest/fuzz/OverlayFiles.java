package storage.itest.fuzz;

import java.io.IOException;
import java.util.List;
import storage.overlay.v2.Overlay2Driver;

/** The same for the layout of overlay2, whose files {@code link} and {@code lower} say what stands on what. Needs root. */
public final class OverlayFiles {
    private static final Arena ARENA = new Arena();
    private static final StoreRoot ROOT = new StoreRoot(ARENA, new Overlay2Driver(ARENA.linux));

    private OverlayFiles() {}

    public static void fuzzerTestOneInput(byte[] data) {
        ROOT.run(data);
    }

    static List<byte[]> seeds() throws IOException {
        return ROOT.seeds();
    }
}
