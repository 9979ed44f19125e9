package storage.command.run;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import storage.api.StorageException;

/** Paths that a user gave, refused where they would mean another file than the one that was typed. */
public final class UserPath {
    /** What the JVM makes of bytes that are no UTF-8. */
    private static final char REPLACEMENT = '\ufffd';

    private UserPath() {}

    /**
     * The absolute path.
     *
     * @param what the argument's name in the help, such as {@code --root}
     * @throws StorageException INVALID for an empty text, which would mean the current folder, and for a name that the
     *     JVM cannot take
     */
    public static Path of(String what, String text) throws StorageException {
        if (text.isEmpty()) {
            throw invalid(what + " is empty", "Give a path, or leave it out; a variable may not be set");
        }
        try {
            var path = Path.of(text).toAbsolutePath();
            checkBytes("The path " + path, path.toString());
            return path;
        } catch (InvalidPathException e) {
            throw invalid("'" + text + "' is no path", "Give another one").causedBy(e);
        }
    }

    /** Different names would become one: the JVM has put a replacement in the place of each byte. */
    static void checkBytes(String what, String text) throws StorageException {
        if (text.indexOf(REPLACEMENT) >= 0) {
            throw invalid(
                    what + " holds bytes that are no UTF-8, which the JVM cannot take",
                    "Give another name, such as that of a symbolic link");
        }
    }

    private static StorageException invalid(String message, String advice) {
        return StorageException.of(StorageException.Kind.INVALID, message, advice);
    }
}
