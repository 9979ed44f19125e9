package storage.common.block;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import storage.api.FileNames;
import storage.linux.Errno;
import storage.linux.Fd;
import storage.linux.FileCalls;
import storage.linux.MountCalls;
import storage.linux.PathBytes;
import storage.linux.PrivateThread;
import storage.linux.Syscalls;

/** A mount that nobody sees, and that ends with the only descriptor in it, however this process ends. */
public final class DetachedMount {
    /** How long the kernel may take: a journal may have to be replayed. */
    private static final Duration LIMIT = Duration.ofMinutes(5);

    private static final byte[] TOP = FileNames.encode("/");

    private DetachedMount() {}

    /**
     * Mounts and opens a folder of the filesystem.
     *
     * @param over any folder: it is mounted there in a mount namespace of its own
     * @param folder relative to the filesystem's root, empty for that itself
     */
    public static Fd open(Syscalls linux, BlockMount mount, Path over, String folder) throws IOException {
        return PrivateThread.call(linux, PrivateThread.Isolation.MOUNTS, LIMIT, () -> {
            var target = PathBytes.of(over);
            var flags = MountCalls.MS_NOATIME | (mount.readOnly() ? MountCalls.MS_RDONLY : 0);
            var result = linux.mount(
                    FileNames.encode(mount.device()),
                    target,
                    FileNames.encode(mount.filesystem().type()),
                    flags,
                    FileNames.encode(mount.options()));
            Errno.check(result, "mount", mount.device());
            Fd root = null;
            var left = false;
            try {
                root = Fd.open(
                        linux,
                        FileCalls.AT_FDCWD,
                        PathBytes.text(over) + "/" + folder,
                        FileCalls.O_RDONLY | FileCalls.O_DIRECTORY | FileCalls.O_NOFOLLOW,
                        0);
                // now, and not with the thread, which may end later than the descriptor is closed; and so that it does
                // not keep in use what else was mounted when it began
                Errno.check(linux.umount2(target, MountCalls.MNT_DETACH), "umount2", PathBytes.text(over));
                Errno.check(linux.umount2(TOP, MountCalls.MNT_DETACH), "umount2", "/");
                left = true;
                return root;
            } finally {
                if (!left && root != null) {
                    root.close();
                }
            }
        });
    }
}
