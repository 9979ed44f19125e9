package storage.docker.protocol;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import storage.common.tar.TarEntry;
import storage.common.tar.TarFormat;
import storage.common.tar.TarSplitter;

/**
 * Adds up the lengths of symbolic links in an archive that is read through it: the engine's drivers count them to the size of
 * a layer, as the sizes of files that they have on disk.
 */
final class LinkSizes extends FilterInputStream implements TarSplitter.Parts {
    private final TarSplitter splitter = new TarSplitter(this);
    private long bytes;

    LinkSizes(InputStream in) {
        super(in);
    }

    long bytes() {
        return bytes;
    }

    @Override
    public int read() throws IOException {
        var one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        var count = super.read(into, offset, length);
        if (count > 0) {
            splitter.accept(into, offset, count);
        }
        return count;
    }

    /** Nothing may pass unseen. */
    @Override
    public long skip(long count) throws IOException {
        var buffer = new byte[(int) Math.min(1 << 16, Math.max(0, count))];
        return Math.max(0, read(buffer, 0, buffer.length));
    }

    @Override
    public boolean markSupported() {
        return false;
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
