package storage.aufs.mount;

import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import storage.api.FileNames;
import storage.api.StorageException;
import storage.linux.Errno;
import storage.linux.MountCalls;
import storage.linux.Syscalls;

/**
 * Mounts unions, one at a time in the whole process: each makes the file of inode numbers under the same name and unlinks
 * it, and where two meet one of them fails. Other processes' mounts are waited for.
 */
final class UnionCalls {
    private static final byte[] SOURCE = FileNames.encode("none");
    private static final byte[] TYPE = FileNames.encode("aufs");
    private static final ReentrantLock ONE_AT_A_TIME = new ReentrantLock();

    private UnionCalls() {}

    /**
     * Mounts a union and appends the rest of its branches.
     *
     * @param target absolute, or relative to the thread's working directory
     * @param options of {@link UnionOptions}
     * @return 0, or the negative error number of the call that failed; then nothing is mounted
     */
    static int mount(Syscalls linux, byte[] target, boolean readOnly, List<String> options) throws StorageException {
        try {
            ONE_AT_A_TIME.lockInterruptibly();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw StorageException.of(StorageException.Kind.INTERRUPTED, "The wait for another mount was interrupted");
        }
        try {
            return mountAll(linux, target, readOnly, options);
        } finally {
            ONE_AT_A_TIME.unlock();
        }
    }

    private static int mountAll(Syscalls linux, byte[] target, boolean readOnly, List<String> options)
            throws StorageException {
        var flags = readOnly ? MountCalls.MS_RDONLY : 0;
        var pauses = new Pauses("The mount of " + FileNames.decode(target));
        var result = call(linux, target, flags, options.get(0));
        // another process is between making its file of inode numbers and unlinking it
        while (result == -Errno.EEXIST && pauses.next()) {
            result = call(linux, target, flags, options.get(0));
        }
        if (result < 0) {
            return result;
        }
        for (var more : options.subList(1, options.size())) {
            result = call(linux, target, flags | MountCalls.MS_REMOUNT, more);
            if (result < 0) {
                linux.umount2(target, MountCalls.UMOUNT_NOFOLLOW);
                return result;
            }
        }
        return 0;
    }

    private static int call(Syscalls linux, byte[] target, long flags, String options) {
        return linux.mount(SOURCE, target, TYPE, flags, FileNames.encode(options));
    }
}
