package storage.command.text;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import storage.api.FileNames;

/** Lines of text to a stream, in UTF-8 whatever the locale, with the bytes of names that are none as they were. */
public final class Printer extends OutputStream {
    private final OutputStream out;
    private final boolean terminal;

    public Printer(OutputStream out, boolean terminal) {
        this.out = new BufferedOutputStream(out, 1 << 15);
        this.terminal = terminal;
    }

    /** Whether a person reads this. */
    public boolean isTerminal() {
        return terminal;
    }

    /** A line as it is. */
    public void line(String text) throws Gone {
        write(FileNames.encode(text + "\n"));
    }

    /** The lines of a table. */
    public void table(Table table) throws Gone {
        for (var line : table.lines()) {
            line(line);
        }
    }

    /** A name for a cell or a line, see {@link Names}. */
    public String name(String name) {
        return Names.shown(name, terminal);
    }

    @Override
    public void write(int b) throws Gone {
        try {
            out.write(b);
        } catch (IOException e) {
            throw new Gone(e);
        }
    }

    @Override
    public void write(byte[] bytes) throws Gone {
        write(bytes, 0, bytes.length);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws Gone {
        try {
            out.write(bytes, offset, length);
        } catch (IOException e) {
            throw new Gone(e);
        }
    }

    @Override
    public void flush() throws Gone {
        try {
            out.flush();
        } catch (IOException e) {
            throw new Gone(e);
        }
    }

    /** The stream takes no more: the program at the other end of the pipe has ended, or the disk is full. */
    public static final class Gone extends IOException {
        private static final long serialVersionUID = 1L;

        Gone(IOException cause) {
            super("Standard output cannot be written: " + cause.getMessage(), cause);
        }

        /** Whether nobody reads any more (EPIPE): no failure of the command, {@code | head} does it. */
        public boolean isBrokenPipe() {
            return String.valueOf(getCause().getMessage()).contains("Broken pipe");
        }
    }
}
