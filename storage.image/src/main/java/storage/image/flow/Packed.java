package storage.image.flow;

import com.github.luben.zstd.ZstdIOException;
import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import storage.api.StorageException;
import storage.common.archive.ArchiveLimits;
import storage.common.io.CountedInput;
import storage.image.meta.Bad;

/** Compression, recognised by the first bytes: media types and file names are wrong too often. */
public enum Packed {
    NONE,
    GZIP,
    ZSTD;

    /** How many bytes tell. */
    public static final int PROBE = 6;

    private static final int BUFFER = 64 << 10;

    /**
     * What the first bytes say.
     *
     * @param count how many of {@link #PROBE} there are
     * @throws StorageException NOT_SUPPORTED for forms that are known but not read
     */
    public static Packed of(byte[] first, int count) throws StorageException {
        if (begins(first, count, 0x1f, 0x8b)) {
            return GZIP;
        }
        if (begins(first, count, 0x28, 0xb5, 0x2f, 0xfd)
                || count >= 4 && (first[0] & 0xf0) == 0x50 && begins(drop(first), count - 1, 0x2a, 0x4d, 0x18)) {
            return ZSTD;
        }
        if (begins(first, count, 'B', 'Z', 'h')) {
            throw unknown("bzip2");
        }
        if (begins(first, count, 0xfd, '7', 'z', 'X', 'Z', 0)) {
            throw unknown("xz");
        }
        return NONE;
    }

    private static StorageException unknown(String form) {
        return StorageException.of(
                StorageException.Kind.NOT_SUPPORTED,
                "The archive, or a layer in it, is compressed with " + form + ", which is not read here",
                "Decompress it with " + form + " -d, or compress it with gzip or zstd");
    }

    /**
     * The decompressed bytes of a stream, whatever it is compressed with.
     *
     * @throws StorageException LIMIT_EXCEEDED, when they are read, if there are too many for what they were made of
     */
    public static InputStream any(InputStream archive, ArchiveLimits limits) throws IOException {
        var buffered = new BufferedInputStream(archive, BUFFER);
        buffered.mark(PROBE);
        var first = buffered.readNBytes(PROBE);
        buffered.reset();
        return of(first, first.length).unpack(new Blocking(buffered), limits);
    }

    private static byte[] drop(byte[] first) {
        return java.util.Arrays.copyOfRange(first, 1, first.length);
    }

    private static boolean begins(byte[] bytes, int count, int... magic) {
        for (var i = 0; i < magic.length; i++) {
            if (i >= count || (bytes[i] & 0xff) != magic[i]) {
                return false;
            }
        }
        return true;
    }

    /** The decompressed bytes of a stream that begins with what was probed. Failures are told as BAD_ARCHIVE. */
    public InputStream unpack(InputStream packed, ArchiveLimits limits) throws IOException {
        try {
            var read = new AtomicLong();
            var counted = new CountedInput(packed, read);
            return switch (this) {
                case NONE -> packed;
                case GZIP -> new Told(new GZIPInputStream(counted, BUFFER), read, limits.maxRatio());
                case ZSTD -> new Told(new ZstdInputStreamNoFinalizer(counted), read, limits.maxRatio());
            };
        } catch (EOFException | ZipException e) {
            throw damaged(e);
        }
    }

    private static StorageException damaged(IOException e) {
        return Bad.archive("The compressed data are damaged or cut off (%s)", String.valueOf(e.getMessage()))
                .causedBy(e);
    }

    /** Says of damaged data that they are, and of few bytes that become very many. */
    private static final class Told extends FilterInputStream {
        /** So many bytes may come out of however few: a small bomb does no harm, and honest files may be empty. */
        private static final long HARMLESS = 256L << 20;

        private final AtomicLong packed;
        private final long maxRatio;
        private long count;

        Told(InputStream in, AtomicLong packed, long maxRatio) {
            super(in);
            this.packed = packed;
            this.maxRatio = maxRatio;
        }

        @Override
        public int read() throws IOException {
            var one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            try {
                var read = super.read(bytes, offset, length);
                count += Math.max(read, 0);
                if (count > HARMLESS && count / maxRatio > packed.get()) {
                    throw tooMuch(maxRatio);
                }
                return read;
            } catch (ZstdIOException | EOFException | ZipException e) {
                throw damaged(e);
            }
        }
    }

    /** What {@link Told} found. */
    private static StorageException tooMuch(long maxRatio) {
        return StorageException.of(
                StorageException.Kind.LIMIT_EXCEEDED,
                "More than " + maxRatio + " bytes come out of each byte of compressed data",
                "If the archive is to be trusted, raise the limit: --opt archive.max_ratio=NUMBER");
    }

    /** A stream that claims to have more up to its end: the JDK's gzip reader takes 0 for the end of all members. */
    private static final class Blocking extends FilterInputStream {
        private boolean ended;

        Blocking(InputStream in) {
            super(in);
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            var count = super.read(bytes, offset, length);
            ended = count < 0;
            return count;
        }

        @Override
        public int available() {
            return ended ? 0 : 1;
        }
    }
}
