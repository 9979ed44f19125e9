package storage.image.source;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import storage.image.meta.Bad;

/** Part of a file, read by offset, so that several can be read beside each other. */
final class Slice extends InputStream {
    /** The most bytes read at once; the JDK keeps a buffer of that size for each thread. */
    private static final int CHUNK = 128 << 10;

    private final FileChannel channel;
    private final boolean owned;
    private long position;
    private long left;

    Slice(FileChannel channel, long offset, long length, boolean owned) {
        this.channel = channel;
        this.owned = owned;
        position = offset;
        left = length;
    }

    @Override
    public int read() throws IOException {
        var one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        if (left == 0) {
            return -1;
        }
        try {
            var most = (int) Math.min(Math.min(length, CHUNK), left);
            var count = channel.read(ByteBuffer.wrap(bytes, offset, most), position);
            if (count < 0) {
                throw Bad.archive("The archive is cut off");
            }
            position += count;
            left -= count;
            return count;
        } catch (ClosedByInterruptException e) {
            throw Bad.interrupted("reading the archive").causedBy(e);
        }
    }

    @Override
    public int available() {
        return (int) Math.min(left, Integer.MAX_VALUE);
    }

    @Override
    public void close() throws IOException {
        if (owned) {
            channel.close();
        }
    }
}
