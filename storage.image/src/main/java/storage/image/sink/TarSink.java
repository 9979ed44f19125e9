package storage.image.sink;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Date;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import storage.image.ImageStore.Progress;
import storage.image.meta.Bad;

/** The archive that is being written. The same content gives the same bytes. */
final class TarSink implements AutoCloseable {
    /** What writes a file's content. */
    @FunctionalInterface
    interface Content {
        void writeTo(OutputStream out) throws IOException;
    }

    private final TarArchiveOutputStream tar;
    private final Progress progress;

    TarSink(OutputStream out, Progress progress) {
        this.progress = progress;
        tar = new TarArchiveOutputStream(out, StandardCharsets.UTF_8.name());
        tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
        tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
    }

    void folder(String name, Instant time) throws IOException {
        var entry = new TarArchiveEntry(name + "/");
        put(entry, 0755, 0, time);
        tar.closeArchiveEntry();
    }

    void file(String name, Instant time, byte[] bytes) throws IOException {
        put(new TarArchiveEntry(name), 0644, bytes.length, time);
        tar.write(bytes);
        tar.closeArchiveEntry();
    }

    /**
     * A large file.
     *
     * @param step what to tell the progress
     */
    void file(String name, Instant time, long size, String step, Content content) throws IOException {
        put(new TarArchiveEntry(name), 0644, size, time);
        content.writeTo(new Watched(step, size));
        tar.closeArchiveEntry();
    }

    void file(String name, Instant time, long size, String step, InputStream content) throws IOException {
        file(name, time, size, step, out -> content.transferTo(out));
    }

    void link(String name, String target, Instant time) throws IOException {
        var entry = new TarArchiveEntry(name, TarConstants.LF_SYMLINK);
        entry.setLinkName(target);
        put(entry, 0777, 0, time);
        tar.closeArchiveEntry();
    }

    private void put(TarArchiveEntry entry, int mode, long size, Instant time) throws IOException {
        entry.setMode(mode);
        entry.setSize(size);
        entry.setModTime(Date.from(time));
        tar.putArchiveEntry(entry);
    }

    /** Ends the archive; leaves the stream below open. */
    void finish() throws IOException {
        tar.finish();
        tar.flush();
    }

    @Override
    public void close() {
        // the stream below is the caller's, and an archive that failed is not to be ended as if it were whole
    }

    /** Tells of what goes through, and stops when the thread is interrupted. */
    private final class Watched extends OutputStream {
        private final String step;
        private final long size;
        private long done;

        Watched(String step, long size) {
            this.step = step;
            this.size = size;
        }

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            if (Thread.currentThread().isInterrupted()) {
                throw Bad.interrupted("exporting an image");
            }
            tar.write(bytes, offset, length);
            done += length;
            progress.at(step, done, size);
        }
    }
}
