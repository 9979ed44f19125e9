package storage.common.io;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** A stream that passes through while somebody sees every byte of it: nothing can be skipped or read twice. */
public abstract class WatchedInput extends FilterInputStream {
    private static final int SKIPPED_AT_ONCE = 8 << 10;

    protected WatchedInput(InputStream in) {
        super(in);
    }

    /** The next bytes have passed. */
    protected abstract void passed(byte[] bytes, int offset, int length) throws IOException;

    /** The end has been reached; called again by whoever reads there again. */
    protected void ended() throws IOException {}

    @Override
    public final int read() throws IOException {
        var one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public final int read(byte[] into, int offset, int length) throws IOException {
        var count = in.read(into, offset, length);
        if (count > 0) {
            passed(into, offset, count);
        } else if (count < 0) {
            ended();
        }
        return count;
    }

    @Override
    public final long skip(long count) throws IOException {
        var buffer = new byte[SKIPPED_AT_ONCE];
        var left = count;
        while (left > 0) {
            var got = read(buffer, 0, (int) Math.min(left, buffer.length));
            if (got < 0) {
                break;
            }
            left -= got;
        }
        return count - left;
    }

    @Override
    public final boolean markSupported() {
        return false;
    }
}
