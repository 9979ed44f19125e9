package storage.command.run;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.FileSystemException;
import storage.command.entry.Terminal;
import storage.command.text.Printer;

/** Where an archive flows to: stops at the next write once the command was told to, and names the file in failures. */
final class Outlet extends FilterOutputStream {
    private final Terminal terminal;
    private final String name;

    /** @param name for failures */
    Outlet(Terminal terminal, String name, OutputStream out) {
        super(out);
        this.terminal = terminal;
        this.name = name;
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        if (terminal.isInterrupted()) {
            throw new InterruptedIOException();
        }
        try {
            out.write(bytes, offset, length);
        } catch (Printer.Gone | InterruptedIOException | ClosedByInterruptException | FileSystemException e) {
            throw e;
        } catch (IOException e) {
            throw named(e);
        }
    }

    private FileSystemException named(IOException e) {
        var failure = new FileSystemException(name, null, e.getMessage());
        failure.initCause(e);
        return failure;
    }
}
