package storage.launcher;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.BooleanSupplier;
import storage.command.entry.Terminal;

/** The streams of this process. */
final class Console implements Terminal {
    private final BooleanSupplier interrupted;
    private final InputStream in = new Input();
    // not System.out: that one hides errors, and recodes
    private final OutputStream out = new FileOutputStream(FileDescriptor.out);
    private final OutputStream err = new FileOutputStream(FileDescriptor.err);

    /** @param interrupted whether the process was told to stop: a thread may have lost its flag on the way */
    Console(BooleanSupplier interrupted) {
        this.interrupted = interrupted;
    }

    @Override
    public boolean isInterrupted() {
        return interrupted.getAsBoolean();
    }

    @Override
    public InputStream in() {
        return in;
    }

    @Override
    public OutputStream out() {
        return out;
    }

    @Override
    public OutputStream err() {
        return err;
    }

    @Override
    public boolean outIsTerminal() {
        return isTerminal(1);
    }

    @Override
    public boolean errIsTerminal() {
        return isTerminal(2);
    }

    @Override
    public String program() {
        return System.getProperty("storage.program", "storage");
    }

    @Override
    public Bar bar() {
        return new ProgressDisplay(err);
    }

    /** isatty(3) without a native call; java.io.Console knows only all streams together. */
    static boolean isTerminal(int descriptor) {
        try {
            var target = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor))
                    .toString();
            return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty") || target.equals("/dev/console");
        } catch (IOException e) {
            return false;
        }
    }

    /** Standard input through a channel, because a thread that waits in one can be interrupted. */
    private static final class Input extends InputStream {
        private FileChannel channel;

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
            if (channel == null) {
                channel = new FileInputStream(FileDescriptor.in).getChannel();
            }
            return channel.read(ByteBuffer.wrap(bytes, offset, length));
        }
    }
}
