package storage.docker.protocol;

import java.io.IOException;
import java.io.InputStream;
import storage.common.io.WatchedInput;
import storage.common.tar.TarEntry;
import storage.common.tar.TarFormat;
import storage.common.tar.TarSplitter;

/**
 * Adds up the lengths of symbolic links in an archive that is read through it: the engine's drivers count them to the size of
 * a layer, as the sizes of files that they have on disk.
 */
final class LinkSizes extends WatchedInput implements TarSplitter.Parts {
    private final TarSplitter splitter = new TarSplitter(this);
    private long bytes;

    LinkSizes(InputStream in) {
        super(in);
    }

    long bytes() {
        return bytes;
    }

    @Override
    protected void passed(byte[] bytes, int offset, int length) throws IOException {
        splitter.accept(bytes, offset, length);
    }

    @Override
    public boolean entry(TarEntry entry) {
        if (entry.type == TarFormat.SYMLINK) {
            bytes += entry.link.length;
        }
        return false;
    }

    @Override
    public void bytes(byte[] part, int offset, int length) {}

    @Override
    public void content(byte[] part, int offset, int length) {}

    @Override
    public void contentEnds() {}
}
