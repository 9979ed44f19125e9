package storage.api;

import java.io.IOException;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Something that a store was asked for could not be done.
 *
 * <p>The message is one sentence that says what happened, to which layer or file; {@link #advice()} says what to do
 * next. The kind is for programs: it decides exit codes, retries and the order in which backends are tried.
 */
public final class StorageException extends IOException {
    private static final long serialVersionUID = 1L;

    private final Kind kind;
    private final String advice;
    private final int errno;
    private final String layer;

    private StorageException(Kind kind, String message, String advice, int errno, String layer, Throwable cause) {
        super(message, cause);
        this.kind = Objects.requireNonNull(kind);
        this.advice = Objects.requireNonNull(advice);
        this.errno = errno;
        this.layer = layer;
    }

    /** What kind of failure it is. */
    public enum Kind {
        /** No such layer, image or file. */
        NOT_FOUND,
        /** The id or name is taken. */
        ALREADY_EXISTS,
        /** The layer is mounted or held. */
        IN_USE,
        /** The layer is the parent of others. */
        HAS_CHILDREN,
        /** An argument that can never work: an id, an option, a size. */
        INVALID,
        /** Bytes from outside that are not what they claim: an archive, a manifest, a digest. */
        BAD_ARCHIVE,
        /** An archive that goes beyond a limit the user can set. */
        LIMIT_EXCEEDED,
        /** The layer was cut off while it was made and has no content to rely on. */
        INCOMPLETE,
        /** Recorded state contradicts itself or what the kernel shows. */
        DAMAGED,
        /** The backend cannot do this, here or at all. */
        NOT_SUPPORTED,
        /** Privilege, a kernel feature or a program is missing. */
        PREREQUISITES,
        /** The filesystem of the home does not suit the backend. */
        INCOMPATIBLE_FILESYSTEM,
        /** The kernel or the filesystem said no for lack of permission. */
        PERMISSION,
        /** No space, no inode or no quota left. */
        NO_SPACE,
        /** Another process holds the store. */
        LOCKED,
        /** The store is closed, or was opened for reading only. */
        CLOSED,
        /** A bounded wait ran out. */
        TIMEOUT,
        /** The waiting thread was interrupted; its interrupt flag is set. */
        INTERRUPTED,
        /** Everything else the operating system can answer. */
        IO
    }

    /** A failure that needs no advice. */
    public static StorageException of(Kind kind, String message) {
        return new StorageException(kind, message, "", 0, null, null);
    }

    /** A failure with what the user can do about it, a sentence without its final stop. */
    public static StorageException of(Kind kind, String message, String advice) {
        return new StorageException(kind, message, advice, 0, null, null);
    }

    /** The same failure with its cause. */
    public StorageException causedBy(Throwable cause) {
        return copy(kind, getMessage(), advice, errno, layer, cause);
    }

    /** The same failure with the kernel's error number. */
    public StorageException withErrno(int number) {
        return copy(kind, getMessage(), advice, number, layer, getCause());
    }

    /** The same failure, told of a layer. */
    public StorageException forLayer(LayerId id) {
        return copy(kind, getMessage(), advice, errno, id.value(), getCause());
    }

    private StorageException copy(
            Kind newKind, String message, String newAdvice, int newErrno, String newLayer, Throwable cause) {
        var copy = new StorageException(newKind, message, newAdvice, newErrno, newLayer, cause);
        copy.setStackTrace(getStackTrace());
        for (var suppressed : getSuppressed()) {
            copy.addSuppressed(suppressed);
        }
        return copy;
    }

    /** What kind of failure it is. */
    public Kind kind() {
        return kind;
    }

    /** What the user can do, empty if nothing is known to help. */
    public String advice() {
        return advice;
    }

    /** The kernel's error number (errno(3)), if a system call failed. */
    public OptionalInt errno() {
        return errno == 0 ? OptionalInt.empty() : OptionalInt.of(errno);
    }

    /** The layer that it happened to, if one is concerned. */
    public Optional<LayerId> layer() {
        return Optional.ofNullable(layer).map(LayerId::new);
    }
}
