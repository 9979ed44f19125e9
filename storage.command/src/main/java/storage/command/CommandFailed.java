package storage.command;

/** What the Gogo shell sees of a failed command. Without a stack trace, since the reason has been told. */
final class CommandFailed extends RuntimeException {
    private static final long serialVersionUID = 1L;

    CommandFailed(String command, int code) {
        super("storage:" + command + " ended with exit code " + code, null, false, false);
    }

    /** The message alone, because Gogo prints this. */
    @Override
    @SuppressWarnings("OverrideThrowableToString") // the message is what getMessage() says already
    public String toString() {
        return getMessage();
    }
}
