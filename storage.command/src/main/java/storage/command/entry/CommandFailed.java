package storage.command.entry;

/**
 * What the Gogo shell sees of a command that failed. The reason has been told on {@link Terminal#err} by then, so that
 * whoever catches this passes on the exit code and says no more.
 */
public final class CommandFailed extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int exitCode;

    /** Without a stack trace, since the reason has been told. */
    public CommandFailed(String command, int exitCode) {
        super("storage:" + command + " ended with exit code " + exitCode, null, false, false);
        this.exitCode = exitCode;
    }

    /** The exit code, as docs/commands.md lists them; never 0. */
    public int exitCode() {
        return exitCode;
    }

    /** The message alone, because Gogo prints this. */
    @Override
    @SuppressWarnings("OverrideThrowableToString") // the message is what getMessage() says already
    public String toString() {
        return getMessage();
    }
}
