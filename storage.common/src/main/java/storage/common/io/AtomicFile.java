package storage.common.io;

import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Set;

/**
 * Small files of our own that are either the old or the new one, whenever the power fails: written beside, synced,
 * renamed, and the folder synced.
 *
 * <p>The file beside is {@code .NAME.tmp}: a name with a leading dot, which no reader of ours or of the engine's takes
 * for a record. One that a crash left is overwritten by the next write. An interrupted thread writes like any other: what
 * has to be recorded after a failure must be recorded.
 */
public final class AtomicFile {
    private AtomicFile() {}

    /**
     * Writes a file that is on disk when the call returns.
     *
     * @param mode permission bits, such as {@code 0600}; the process' umask does not count
     */
    public static void write(Path file, byte[] content, int mode) throws IOException {
        writeUnsynced(file, content, mode);
        syncFolder(parent(file));
    }

    /**
     * Writes a file atomically whose name is on disk only after the folder is synced, by {@link #syncFolder} or by a
     * sync of the whole filesystem. After a power cut the old file may be back.
     */
    public static void writeUnsynced(Path file, byte[] content, int mode) throws IOException {
        replace(file, content, mode, true);
    }

    /**
     * Writes a file that is the old or the new one for everybody who looks, and after a SIGKILL, but for which nothing is
     * promised after a power cut: for what ends with the boot.
     */
    public static void writeForThisBoot(Path file, byte[] content, int mode) throws IOException {
        replace(file, content, mode, false);
    }

    private static void replace(Path file, byte[] content, int mode, boolean sync) throws IOException {
        var beside = parent(file).resolve("." + file.getFileName() + ".tmp");
        try {
            make(beside);
            Files.setPosixFilePermissions(beside, permissions(mode));
            try (var out = new FileOutputStream(beside.toFile())) {
                out.write(content);
                if (sync) {
                    out.getFD().sync();
                }
            }
            rename(beside, file);
        } catch (IOException | RuntimeException e) {
            Files.deleteIfExists(beside);
            throw e;
        }
    }

    private static void make(Path file) throws IOException {
        Files.deleteIfExists(file);
        Files.createFile(file, PosixFilePermissions.asFileAttribute(permissions(0600)));
    }

    /** Renames within one filesystem, replacing; not synced. */
    public static void rename(Path from, Path to) throws IOException {
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** Puts the names in a folder on disk. One that is gone has none. */
    public static void syncFolder(Path folder) throws IOException {
        var interrupted = Thread.interrupted();
        try {
            while (!sync(folder)) {
                interrupted |= Thread.interrupted();
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** @return false if the thread was interrupted, which closes a channel */
    private static boolean sync(Path folder) throws IOException {
        try (var channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (ClosedByInterruptException e) {
            return false;
        } catch (NoSuchFileException e) {
            return true;
        }
        return true;
    }

    private static Path parent(Path file) {
        return file.toAbsolutePath().getParent();
    }

    private static Set<PosixFilePermission> permissions(int mode) {
        var set = EnumSet.noneOf(PosixFilePermission.class);
        var all = PosixFilePermission.values();
        for (var i = 0; i < all.length; i++) {
            if ((mode & 0400 >> i) != 0) {
                set.add(all[i]);
            }
        }
        return set;
    }
}
