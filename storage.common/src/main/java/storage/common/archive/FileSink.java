package storage.common.archive;

import java.io.IOException;
import java.nio.ByteBuffer;
import storage.common.tar.TarReader;

/** Where the content of regular files goes as it is read: into the files at once, or to threads that write behind. */
interface FileSink extends AutoCloseable {
    /**
     * A piece of a file's content, to be used up before anything else is read unless it is
     * {@linkplain TarReader#lend lent}.
     */
    void content(OpenEntry file, ByteBuffer data, long offset) throws IOException;

    /** The content is complete. The file is closed, now or later. */
    void end(OpenEntry file) throws IOException;

    /** The archive ended inside the content. The file is closed, now or later. */
    void abandon(OpenEntry file);

    /** Waits until all files are closed; throws what kept one from being filled. */
    void finish() throws IOException;

    /** Lets go of everything, after a failure; does nothing after {@link #finish}. */
    @Override
    default void close() {}

    /** At once, in the reading thread. */
    static FileSink direct(FileContent files) {
        return new FileSink() {
            @Override
            public void content(OpenEntry file, ByteBuffer data, long offset) throws IOException {
                files.write(file, data, offset);
            }

            @Override
            public void end(OpenEntry file) throws IOException {
                files.end(file);
            }

            @Override
            public void abandon(OpenEntry file) {
                files.abandon(file);
            }

            @Override
            public void finish() {
                // nothing is behind
            }
        };
    }
}
