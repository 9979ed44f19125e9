package storage.common.diff;

import java.io.IOException;
import storage.api.Change;
import storage.common.archive.LayerPacker;
import storage.linux.Stat;

/** Differences as a layer archive. */
public final class ArchiveSink implements ChangeSink {
    private final LayerPacker packer;

    /** @param packer is left open */
    public ArchiveSink(LayerPacker packer) {
        this.packer = packer;
    }

    @Override
    public void present(Change.Kind kind, byte[] path, int dirfd, byte[] name, Stat stat) throws IOException {
        packer.add(path, dirfd, name, stat);
    }

    @Override
    public void deleted(byte[] path) throws IOException {
        packer.whiteout(path);
    }

    @Override
    public void opaque(byte[] path) throws IOException {
        packer.opaque(path);
    }
}
