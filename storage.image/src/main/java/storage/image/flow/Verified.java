package storage.image.flow;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import storage.image.meta.Bad;
import storage.image.meta.Digest;

/** Bytes whose digest is checked at their end: the end is only told if it is the right one. */
public final class Verified extends FilterInputStream {
    private final Digest expected;
    private final MessageDigest hasher;
    private final String what;
    private boolean checked;

    /** @param what what the bytes are, for the message */
    public Verified(InputStream in, Digest expected, String what) {
        super(in);
        this.expected = expected;
        this.what = what;
        hasher = expected.hasher();
    }

    @Override
    public int read() throws IOException {
        var one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        var count = super.read(bytes, offset, length);
        if (count > 0) {
            hasher.update(bytes, offset, count);
        } else if (count < 0 && !checked) {
            check();
        }
        return count;
    }

    private void check() throws IOException {
        var actual = Digest.of(expected.algorithm(), hasher.digest());
        if (!actual.equals(expected)) {
            throw Bad.archive("%s has the digest %s, not %s as claimed", what, actual, expected);
        }
        checked = true;
    }

    @Override
    public long skip(long count) throws IOException {
        return readNBytes((int) Math.min(count, 8192)).length;
    }

    @Override
    public boolean markSupported() {
        return false;
    }
}
