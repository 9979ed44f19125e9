package storage.linux;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import storage.api.FileNames;

/**
 * The mount table, read again only after it has changed: the kernel tells so through an open {@code mountinfo}, see
 * proc(5). Asking whether anything is mounted somewhere costs one call then, mostly; reading the table costs twenty times
 * that on a machine with thirty mounts, and grows with them.
 *
 * <p>It is the table of the thread that opens it, or asks first. Holds a descriptor from then on.
 */
public final class MountWatch implements AutoCloseable {
    private static final int CHANGED = MountCalls.POLLPRI | MountCalls.POLLERR;
    private static final int FIRST_SIZE = 1 << 14;

    private final Syscalls linux;
    private Fd table;
    private ByteBuffer buffer;
    private byte[] text = {};

    public MountWatch(Syscalls linux) {
        this.linux = linux;
    }

    /**
     * Whether a text stands anywhere in the table: if not, nothing is mounted there, and mostly that is the answer.
     *
     * @param part without characters that the kernel escapes: no blank, tab, line end or backslash
     */
    public synchronized boolean mentions(String part) throws IOException {
        refresh();
        var wanted = FileNames.encode(part);
        for (var i = 0; i <= text.length - wanted.length; i++) {
            if (text[i] == wanted[0] && Arrays.equals(text, i, i + wanted.length, wanted, 0, wanted.length)) {
                return true;
            }
        }
        return false;
    }

    /** Reads the table for the first time. */
    public synchronized void open() throws IOException {
        refresh();
    }

    private void refresh() throws IOException {
        if (table == null) {
            table = Fd.open(linux, FileCalls.AT_FDCWD, MountTable.MOUNTINFO, FileCalls.O_RDONLY, 0);
            buffer = ByteBuffer.allocateDirect(FIRST_SIZE);
        } else if ((Errno.check(linux.poll(table.number(), CHANGED), "poll", MountTable.MOUNTINFO) & CHANGED) == 0) {
            return;
        }
        // what changes from here on is told by the next poll
        buffer.clear();
        while (Errno.check(linux.pread(table.number(), buffer, buffer.position()), "pread", MountTable.MOUNTINFO) > 0) {
            if (!buffer.hasRemaining()) {
                buffer = ByteBuffer.allocateDirect(2 * buffer.capacity()).put(buffer.flip());
            }
        }
        text = new byte[buffer.flip().remaining()];
        buffer.get(text);
    }

    @Override
    public synchronized void close() {
        if (table != null) {
            table.close();
            table = null;
        }
    }
}
