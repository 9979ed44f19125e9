package storage.linux;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import storage.api.FileNames;

/**
 * Descriptors as paths below {@code /proc/self/fd}: how calls that take only a path reach exactly the file that a
 * descriptor stands for, an {@code O_PATH} one too (xattrs, modes), and what an error says of a descriptor.
 */
public final class ProcFd {
    private static final byte[] FOLDER = "/proc/self/fd/".getBytes(StandardCharsets.US_ASCII);

    /** Bytes of the longest path, linux/limits.h. */
    private static final int PATH_MAX = 4096;

    private ProcFd() {}

    /** {@code /proc/self/fd/N}. Calls on it must follow symbolic links. */
    public static byte[] path(int fd) {
        var digits = 1;
        for (var rest = fd / 10; rest > 0; rest /= 10) {
            digits++;
        }
        var path = Arrays.copyOf(FOLDER, FOLDER.length + digits);
        var rest = fd;
        for (var i = path.length - 1; i >= FOLDER.length; i--) {
            path[i] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
        return path;
    }

    /**
     * The path that the kernel now has for an open file, for messages and for the mount table; ends with
     * {@code " (deleted)"} if it has none any more. {@code descriptor N} where {@code /proc} does not tell.
     */
    public static String target(Syscalls linux, int fd) {
        var target = new byte[PATH_MAX];
        var length = fd < 0 ? -1 : linux.readlinkat(FileCalls.AT_FDCWD, path(fd), target);
        return length < 0 ? "descriptor " + fd : FileNames.decode(target, 0, length);
    }
}
