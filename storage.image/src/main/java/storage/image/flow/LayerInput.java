package storage.image.flow;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import storage.common.archive.ArchiveLimits;
import storage.common.io.Pump;
import storage.image.ImageStore.Progress;
import storage.image.meta.Bad;
import storage.image.meta.Digest;

/**
 * The uncompressed archive of a layer, made of its blob: checked against the digest of the blob and the digest of the
 * archive, both by the time its end is told, so that whoever reads to the end has the right bytes or an exception. Large
 * blobs are decompressed on a second thread.
 */
public final class LayerInput extends InputStream {
    /** Blobs from this size on get a thread, in bytes. */
    private static final long LARGE = 1 << 20;

    private static final int BUFFER = 64 << 10;

    private final InputStream blob;
    private final Optional<Pump> pump;
    private final InputStream archive;
    private final AtomicLong read = new AtomicLong();
    private final long size;
    private final String step;
    private final Progress progress;

    /**
     * Opens the archive of a layer.
     *
     * @param blob the bytes as they are in the source; closed with the result
     * @param size how many there are
     * @param digest their digest, if the source tells
     * @param diff the digest of the uncompressed archive
     * @param limits how much may come out of it
     * @param step what to tell the progress
     */
    public static LayerInput open(
            InputStream blob,
            long size,
            Optional<Digest> digest,
            Digest diff,
            ArchiveLimits limits,
            String step,
            Progress progress)
            throws IOException {
        try {
            return new LayerInput(blob, size, digest, diff, limits, step, progress);
        } catch (IOException | RuntimeException e) {
            blob.close();
            throw e;
        }
    }

    private LayerInput(
            InputStream blob,
            long size,
            Optional<Digest> digest,
            Digest diff,
            ArchiveLimits limits,
            String step,
            Progress progress)
            throws IOException {
        this.blob = blob;
        this.size = size;
        this.step = step;
        this.progress = progress;
        var counted = new Counted(blob);
        var raw = digest.<InputStream>map(d -> new Verified(counted, d, "The blob of layer " + diff.brief()))
                .orElse(counted);
        var probed = new Probed(raw);
        var packed = Packed.of(probed.first, probed.first.length);
        pump = packed != Packed.NONE && size >= LARGE
                ? Optional.of(new Pump("storage-unpack", out -> copy(packed, probed, limits, out)))
                : Optional.empty();
        var plain = pump.isPresent() ? pump.get() : new Drained(packed.unpack(probed, limits), probed);
        archive = new Verified(plain, diff, "Layer " + diff.brief());
    }

    private static void copy(Packed packed, InputStream raw, ArchiveLimits limits, OutputStream out)
            throws IOException {
        try (var in = packed.unpack(raw, limits)) {
            in.transferTo(out);
            raw.transferTo(OutputStream.nullOutputStream());
        }
    }

    @Override
    public int read() throws IOException {
        var one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        if (Thread.currentThread().isInterrupted()) {
            throw Bad.interrupted("unpacking a layer");
        }
        var count = archive.read(bytes, offset, length);
        progress.at(step, read.get(), size);
        return count;
    }

    @Override
    public void close() throws IOException {
        try (blob) {
            if (pump.isPresent()) {
                pump.get().close();
            }
        }
    }

    /** Counts what is read of the blob, on whatever thread. */
    private final class Counted extends java.io.FilterInputStream {
        Counted(InputStream in) {
            super(in);
        }

        @Override
        public int read() throws IOException {
            var one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            var count = super.read(bytes, offset, length);
            read.addAndGet(Math.max(count, 0));
            return count;
        }
    }

    /** A stream whose first bytes have been looked at. */
    private static final class Probed extends InputStream {
        private final InputStream in;
        private final byte[] first;
        private int position;

        Probed(InputStream in) throws IOException {
            this.in = in;
            first = in.readNBytes(Packed.PROBE);
        }

        @Override
        public int read() throws IOException {
            var one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            if (position == first.length || length == 0) {
                return in.read(bytes, offset, length);
            }
            var count = Math.min(length, first.length - position);
            System.arraycopy(first, position, bytes, offset, count);
            position += count;
            return count;
        }

        @Override
        public int available() throws IOException {
            return first.length - position + in.available();
        }
    }

    /** Reads what lies behind the compressed data as well, because the blob's digest covers it. */
    private static final class Drained extends java.io.FilterInputStream {
        private final InputStream raw;

        Drained(InputStream in, InputStream raw) {
            super(in);
            this.raw = raw;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            var count = super.read(bytes, offset, length);
            if (count < 0) {
                var rest = new byte[BUFFER];
                while (raw.read(rest) >= 0) {
                    // only the digest wants it
                }
            }
            return count;
        }
    }
}
