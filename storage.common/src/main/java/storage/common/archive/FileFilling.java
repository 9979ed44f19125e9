package storage.common.archive;

import java.io.IOException;
import java.nio.ByteBuffer;
import storage.common.tar.TarEntry;
import storage.common.tar.TarReader;
import storage.linux.Syscalls;

/**
 * Fills the regular files of an archive. A small archive is unpacked by the calling thread alone; from a certain size on
 * others fill the files while it goes on, unless what the kernel denies has to be noted entry by entry.
 */
final class FileFilling implements AutoCloseable {
    /** Work from which other threads pay, in bytes; making a file costs as much as writing so many. */
    static final long WORTHWHILE = 1 << 20;

    private static final int FILE = 4096;

    private final Syscalls linux;
    private final TarReader reader;
    private final EntryAttributes attributes;
    private final int writers;
    private final long worthwhile;
    private FileSink sink;
    private boolean behind;
    private long work;

    FileFilling(Syscalls linux, TarReader reader, EntryAttributes attributes, UnpackOptions options) {
        this.linux = linux;
        this.reader = reader;
        this.attributes = attributes;
        this.writers = options.unprivileged().isPresent() ? 0 : options.threads() - 1;
        this.worthwhile = options.worthwhile();
        this.sink = FileSink.direct(contents());
    }

    private FileContent contents() {
        return new FileContent(linux, attributes);
    }

    /** Fills a new file with the content of its entry, gives it the attributes, and closes it in any case. */
    void fill(int fd, TarEntry entry) throws IOException {
        var file = OpenEntry.of(fd, entry);
        var whole = false;
        try {
            if (!behind && writers > 0 && (work += FILE + entry.size) > worthwhile) {
                sink = new WriteBehind(reader, writers, this::contents);
                behind = true;
            }
            if (entry.isSparse) {
                for (var i = 0; i < entry.sparse.count(); i++) {
                    pieces(file, entry.sparse.offset(i), entry.sparse.length(i));
                }
            } else {
                pieces(file, 0, Long.MAX_VALUE);
            }
            whole = true;
        } finally {
            if (!whole) {
                sink.abandon(file);
            }
        }
        sink.end(file);
    }

    private void pieces(OpenEntry file, long offset, long length) throws IOException {
        var done = 0L;
        ByteBuffer data;
        while ((data = reader.content(length - done)) != null) {
            var size = data.remaining();
            sink.content(file, data, offset + done);
            done += size;
        }
    }

    /** Waits until all files are whole. Further ones may follow. */
    void finish() throws IOException {
        sink.finish();
        sink = FileSink.direct(contents());
        behind = false;
        work = 0;
    }

    @Override
    public void close() {
        sink.close();
    }
}
