package storage.common.block;

import java.io.IOException;
import storage.linux.Errno;
import storage.linux.Syscalls;

/**
 * A filesystem that holds still: what was written is on its device, and whoever writes waits. If the process dies
 * meanwhile it stays frozen, so whoever opens a store {@linkplain #thaw thaws} what is mounted.
 */
public final class Frozen implements AutoCloseable {
    /** {@code _IOWR('X', 119, int)}, linux/fs.h. */
    private static final long FIFREEZE = 0xc0045877L;

    /** {@code _IOWR('X', 120, int)}. */
    private static final long FITHAW = 0xc0045878L;

    private static final int TRIES = 3;

    private final Syscalls linux;
    private final int fd;

    private Frozen(Syscalls linux, int fd) {
        this.linux = linux;
        this.fd = fd;
    }

    /**
     * Freezes a filesystem. EBUSY if it is frozen already.
     *
     * @param fd a descriptor in it, which stays open until it is thawed
     */
    public static Frozen freeze(Syscalls linux, int fd) throws IOException {
        Errno.check(linux.ioctl(fd, FIFREEZE, 0), "ioctl FIFREEZE", "");
        return new Frozen(linux, fd);
    }

    /** Thaws a filesystem; one that is not frozen is left as it is. */
    public static void thaw(Syscalls linux, int fd) throws IOException {
        var result = linux.ioctl(fd, FITHAW, 0);
        if (result != -Errno.EINVAL) {
            Errno.check(result, "ioctl FITHAW", "");
        }
    }

    @Override
    public void close() throws IOException {
        for (var tries = 1; ; tries++) {
            try {
                thaw(linux, fd);
                return;
            } catch (IOException e) {
                // others would wait for ever
                if (tries == TRIES) {
                    throw e;
                }
            }
        }
    }
}
