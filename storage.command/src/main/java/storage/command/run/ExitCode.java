package storage.command.run;

import storage.api.StorageException;

/** The exit codes, a contract with scripts: docs/commands.md lists them. */
public final class ExitCode {
    public static final int OK = 0;
    /** A fault of this program. */
    public static final int INTERNAL = 1;
    /** The command line cannot be understood, or asks for what can never work. */
    public static final int USAGE = 2;

    public static final int NOT_FOUND = 3;
    public static final int EXISTS = 4;
    /** Held, mounted, or the parent of others. */
    public static final int IN_USE = 5;
    /** An archive or another input is not what it claims, or goes beyond a limit. */
    public static final int BAD_INPUT = 6;
    /** What is stored is damaged or incomplete. */
    public static final int DAMAGED = 7;
    /** No backend, or this backend, can do it here. */
    public static final int NOT_SUPPORTED = 8;

    public static final int PERMISSION = 9;
    public static final int NO_SPACE = 10;
    /** Another process holds the store. */
    public static final int LOCKED = 11;

    public static final int TIMEOUT = 12;
    /** Everything else that the operating system answers. */
    public static final int IO = 13;
    /** 128 + SIGINT, as shells have it. */
    public static final int INTERRUPTED = 130;
    /** 128 + SIGPIPE: nobody reads the output any more. */
    public static final int BROKEN_PIPE = 141;

    private ExitCode() {}

    /** The exit code for a failure of the storage layers. */
    public static int of(StorageException.Kind kind) {
        return switch (kind) {
            case NOT_FOUND -> NOT_FOUND;
            case ALREADY_EXISTS -> EXISTS;
            case IN_USE, HAS_CHILDREN -> IN_USE;
            case INVALID -> USAGE;
            case BAD_ARCHIVE, LIMIT_EXCEEDED -> BAD_INPUT;
            case INCOMPLETE, DAMAGED -> DAMAGED;
            case NOT_SUPPORTED, PREREQUISITES, INCOMPATIBLE_FILESYSTEM -> NOT_SUPPORTED;
            case PERMISSION -> PERMISSION;
            case NO_SPACE -> NO_SPACE;
            case LOCKED -> LOCKED;
            case TIMEOUT -> TIMEOUT;
            case INTERRUPTED -> INTERRUPTED;
            case CLOSED, IO -> IO;
        };
    }
}
