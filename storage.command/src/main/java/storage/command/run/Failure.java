package storage.command.run;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import picocli.CommandLine.ParameterException;
import storage.api.LayerId;
import storage.api.StorageException;

/**
 * What is told of a failed command.
 *
 * @param exitCode the process' exit code
 * @param kind the {@link StorageException.Kind}, or USAGE or INTERNAL
 * @param message one sentence: what happened
 * @param advice what to do, empty if nothing is known to help
 * @param layer the layer concerned
 * @param errno the kernel's error number
 */
public record Failure(
        int exitCode, String kind, String message, String advice, Optional<LayerId> layer, OptionalInt errno) {

    /** The command line does not make sense; {@code command} is the one to look up. */
    public static ParameterException usage(picocli.CommandLine command, String message) {
        return new ParameterException(command, message);
    }

    /** Of a command that was told to stop. Whatever failed on its way out says nothing that a user could use. */
    static Failure interrupted() {
        return simple(ExitCode.INTERRUPTED, StorageException.Kind.INTERRUPTED.name(), "Interrupted", "");
    }

    /** Of a command that was told to stop when all was done and nothing could be taken back any more. */
    static Failure tooLate() {
        return simple(
                ExitCode.INTERRUPTED,
                StorageException.Kind.INTERRUPTED.name(),
                "Interrupted, when the command was done already",
                "");
    }

    /** Whether an interrupt is what it comes from, however deep inside. */
    static boolean isInterrupt(Throwable thrown) {
        var at = thrown;
        for (var depth = 0; at != null && depth < 100; depth++) {
            if (at instanceof InterruptedException
                    || at instanceof ClosedByInterruptException
                    || at instanceof InterruptedIOException
                    || at instanceof StorageException e && e.kind() == StorageException.Kind.INTERRUPTED) {
                return true;
            }
            at = at.getCause();
        }
        return false;
    }

    /** @param command the command's name, empty if there is no such command */
    static Failure of(Throwable thrown, String program, String command) {
        if (thrown instanceof StorageException e) {
            return new Failure(ExitCode.of(e.kind()), e.kind().name(), text(e), e.advice(), e.layer(), e.errno());
        }
        if (thrown instanceof ParameterException e) {
            var help = program + " help" + (command.isEmpty() || command.equals("help") ? "" : " " + command);
            return simple(ExitCode.USAGE, "USAGE", e.getMessage().strip(), "See '" + help + "'");
        }
        if (thrown instanceof UncheckedIOException e) {
            return of(e.getCause(), program, command);
        }
        if (thrown instanceof FileSystemException e) {
            return of(e);
        }
        if (thrown instanceof IOException e) {
            return os("", text(e));
        }
        if (isMissing(thrown, "storage.image")) {
            return missing("This command needs images, and the bundle storage.image is missing");
        }
        if (isMissing(thrown, "storage.docker")) {
            return missing("Engines cannot be served: the bundle storage.docker is missing");
        }
        return simple(
                ExitCode.INTERNAL,
                "INTERNAL",
                "Internal error: " + thrown,
                "Run the command again with -v and report what it prints");
    }

    /** Whether a bundle that a command may do without is not there. */
    private static boolean isMissing(Throwable thrown, String bundle) {
        return thrown instanceof NoClassDefFoundError
                && String.valueOf(thrown.getMessage()).startsWith(bundle.replace('.', '/') + "/");
    }

    private static Failure missing(String what) {
        return simple(
                ExitCode.NOT_SUPPORTED, "NOT_SUPPORTED", what, "Install and start it, then refresh storage.command");
    }

    private static Failure of(FileSystemException e) {
        if (e instanceof NoSuchFileException) {
            return simple(ExitCode.NOT_FOUND, "NOT_FOUND", "There is no file " + e.getFile(), "Check the path");
        }
        if (e instanceof AccessDeniedException) {
            return simple(
                    ExitCode.PERMISSION,
                    "PERMISSION",
                    "Access to " + e.getFile() + " is denied",
                    "Run as its owner or as root");
        }
        return os(e.getFile() + ": ", e.getReason() == null ? e.getClass().getSimpleName() : e.getReason());
    }

    /** What the operating system answered; where is the file with a colon, if it is known. */
    private static Failure os(String where, String reason) {
        if (reason.contains("No space left") || reason.contains("Disk quota exceeded")) {
            return simple(ExitCode.NO_SPACE, "NO_SPACE", where + reason, "Free some space there");
        }
        if (reason.contains("Read-only file system")) {
            return simple(ExitCode.PERMISSION, "PERMISSION", where + reason, "Choose another place");
        }
        return simple(ExitCode.IO, "IO", where + reason, "");
    }

    private static Failure simple(int exitCode, String kind, String message, String advice) {
        return new Failure(exitCode, kind, message, advice, Optional.empty(), OptionalInt.empty());
    }

    private static String text(Exception e) {
        return e.getMessage() == null ? e.toString() : e.getMessage();
    }

    /** For {@code --json}. */
    Map<String, Object> json() {
        Map<String, Object> error = new LinkedHashMap<>();
        error.put("kind", kind);
        error.put("exitCode", exitCode);
        error.put("message", message);
        error.put("advice", advice.isEmpty() ? null : advice);
        layer.ifPresent(id -> error.put("layer", id.value()));
        errno.ifPresent(number -> error.put("errno", number));
        return Map.of("error", error);
    }
}
