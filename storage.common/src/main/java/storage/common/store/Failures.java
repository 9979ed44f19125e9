package storage.common.store;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import storage.api.LayerId;
import storage.api.StorageException;
import storage.linux.Errno;
import storage.linux.SyscallException;

/** Turns what the operating system answers into a sentence about a layer and what to do about it. */
final class Failures {
    private Failures() {}

    /**
     * What a method that throws only storage exceptions throws for a failure.
     *
     * @param what what was tried, as in "Could not ..."
     * @param id the layer concerned, null for none
     */
    static StorageException of(IOException failure, String what, LayerId id) {
        if (failure instanceof StorageException storage) {
            return id == null || storage.layer().isPresent() ? storage : storage.forLayer(id);
        }
        var errno = errno(failure);
        var kind = kind(errno);
        var told = StorageException.of(kind, "Could not " + what + ": " + reason(failure), advice(kind, errno))
                .withErrno(errno)
                .causedBy(failure);
        for (var suppressed : failure.getSuppressed()) {
            told.addSuppressed(suppressed);
        }
        return id == null ? told : told.forLayer(id);
    }

    /** The same for methods that move bytes: what the other end's stream throws goes through as it is. */
    static IOException ofStream(IOException failure, String what, LayerId id) {
        var ours = failure instanceof StorageException
                || failure instanceof SyscallException
                || failure instanceof FileSystemException;
        return ours ? of(failure, what, id) : failure;
    }

    /** Whether something failed because there was no room for it. */
    static boolean isNoSpace(IOException failure) {
        return kind(errno(failure)) == StorageException.Kind.NO_SPACE;
    }

    private static int errno(IOException failure) {
        if (failure instanceof SyscallException call) {
            return call.errno();
        }
        if (failure instanceof AccessDeniedException) {
            return Errno.EACCES;
        }
        var text = String.valueOf(failure.getMessage());
        if (text.contains("No space left on device")) {
            return Errno.ENOSPC;
        }
        return text.contains("Read-only file system") ? Errno.EROFS : 0;
    }

    /** What is missing inside a layer is no missing layer. */
    private static StorageException.Kind kind(int errno) {
        var kind = Errno.kind(errno);
        var misleading = kind == StorageException.Kind.NOT_FOUND || kind == StorageException.Kind.ALREADY_EXISTS;
        return misleading ? StorageException.Kind.IO : kind;
    }

    private static String reason(IOException failure) {
        return failure.getMessage() == null ? failure.toString() : failure.getMessage();
    }

    private static String advice(StorageException.Kind kind, int errno) {
        return switch (kind) {
            case NO_SPACE ->
                "Free space on the filesystem of the data root: 'storage prune' removes what nothing needs";
            case PERMISSION ->
                errno == Errno.EROFS
                        ? "Mount the filesystem of the data root for writing, or choose another root"
                        : "Run as root, or use the driver vfs on a root of your own";
            case IN_USE -> "See with 'fuser -vm' or 'findmnt' who uses it, end that, and try again";
            case IO -> "Look at the kernel's messages (dmesg), and run 'storage check'";
            default -> "";
        };
    }
}
