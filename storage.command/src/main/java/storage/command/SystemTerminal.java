package storage.command;

import java.io.InputStream;
import java.io.OutputStream;
import storage.command.entry.Terminal;

/** The streams of the Gogo session: its runtime puts them behind those of {@link System}, for each thread its own. */
final class SystemTerminal implements Terminal {
    @Override
    public InputStream in() {
        return System.in;
    }

    @Override
    public OutputStream out() {
        return System.out;
    }

    @Override
    public OutputStream err() {
        return System.err;
    }

    @Override
    public boolean outIsTerminal() {
        return true;
    }

    @Override
    public String program() {
        return "storage";
    }
}
