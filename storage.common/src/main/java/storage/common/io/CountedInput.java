package storage.common.io;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.atomic.AtomicLong;

/** Counts the bytes that are read, for whoever looks at the count, in whatever thread. */
public final class CountedInput extends FilterInputStream {
    private final AtomicLong count;

    /** @param count what is read is added to it */
    public CountedInput(InputStream in, AtomicLong count) {
        super(in);
        this.count = count;
    }

    @Override
    public int read() throws IOException {
        var one = super.read();
        count.addAndGet(one < 0 ? 0 : 1);
        return one;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        var read = super.read(bytes, offset, length);
        count.addAndGet(Math.max(read, 0));
        return read;
    }
}
