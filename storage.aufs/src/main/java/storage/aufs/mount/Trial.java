package storage.aufs.mount;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import storage.api.FileNames;
import storage.common.tree.TreeRemoval;
import storage.linux.Errno;
import storage.linux.Fd;
import storage.linux.FileCalls;
import storage.linux.FsMagic;
import storage.linux.MountCalls;
import storage.linux.PrivateThread;
import storage.linux.ProcFd;
import storage.linux.Stat;
import storage.linux.StatFs;
import storage.linux.SyscallException;
import storage.linux.Syscalls;

/**
 * Mounts small unions to find out what the kernel can do. They are seen by one thread alone, which ends afterwards, and lie in
 * a folder that is removed again.
 */
public final class Trial {
    private static final Duration LIMIT = Duration.ofMinutes(1);
    private static final String NAME = ".aufs-check-";
    private static final byte[] MERGED = FileNames.encode("mnt");

    private final Syscalls linux;

    public Trial(Syscalls linux) {
        this.linux = linux;
    }

    /**
     * Mounts a union of one branch.
     *
     * @param where a folder on the filesystem concerned
     * @return whether the option {@code dirperm1} is taken
     * @throws SyscallException of the call that did not work, with and without that option
     */
    public boolean dirperm1(Fd where) throws IOException {
        if (mount(where, 1, true) == 0) {
            return true;
        }
        Errno.check(mount(where, 1, false), "mount", "of a trial union");
        return false;
    }

    /**
     * Whether a union can have so many branches, the writable one included. The kernel says ENOSPC where they are too many
     * (test_add, fs/aufs/branch.c); anything else says nothing about that.
     *
     * @throws SyscallException of a mount that failed for another reason
     */
    boolean stacks(Fd where, int branches, boolean dirperm1) throws IOException {
        var result = mount(where, branches, dirperm1);
        if (result == -Errno.ENOSPC) {
            return false;
        }
        Errno.check(result, "mount", "of a trial union of " + branches + " branches");
        return true;
    }

    /** Answers what the mount answered; nothing is left of it. */
    private int mount(Fd where, int branches, boolean dirperm1) throws IOException {
        var times = new Stat();
        check(linux.stat(where.number(), new byte[0], FileCalls.AT_EMPTY_PATH, times), "stat");
        var name = FileNames.encode(NAME + UUID.randomUUID());
        check(linux.mkdirat(where.number(), name, 0700), "mkdirat");
        try (var folder = Fd.of(linux, check(open(where.number(), name), "openat"))) {
            check(linux.mkdirat(folder.number(), MERGED, 0700), "mkdirat");
            var lowers = new ArrayList<String>();
            for (var i = 0; i < branches; i++) {
                var branch = Integer.toString(i);
                check(linux.mkdirat(folder.number(), FileNames.encode(branch), 0700), "mkdirat");
                if (i > 0) {
                    lowers.add(branch);
                }
            }
            // by path: a descriptor from here stays among the mounts from here, where the thread must not mount
            var path = ProcFd.target(linux, folder.number());
            var prefix = UnionOptions.canName(path) ? path + "/" : "";
            var options = UnionOptions.of(prefix, new Union("0", lowers, false), dirperm1, "", linux.pageSize());
            return PrivateThread.call(linux, PrivateThread.Isolation.MOUNTS, LIMIT, () -> mountIn(path, options));
        } finally {
            TreeRemoval.remove(linux, where.number(), name);
            // even the time of the folder's last change is as it was
            linux.futimens(
                    where.number(),
                    times.accessedSeconds,
                    times.accessedNanos,
                    times.modifiedSeconds,
                    times.modifiedNanos);
        }
    }

    /** Runs on the thread with mounts of its own. */
    private int mountIn(String path, List<String> options) throws IOException {
        try (var folder = Fd.directory(linux, path)) {
            check(linux.fchdir(folder.number()), "fchdir");
        }
        var result = UnionCalls.mount(linux, MERGED, false, options);
        if (result < 0) {
            return result;
        }
        try {
            var type = new StatFs();
            check(linux.statfs(MERGED, type), "statfs");
            return type.type == FsMagic.AUFS ? 0 : -Errno.ENODEV;
        } finally {
            if (linux.umount2(MERGED, MountCalls.UMOUNT_NOFOLLOW) < 0) {
                linux.umount2(MERGED, MountCalls.MNT_DETACH | MountCalls.UMOUNT_NOFOLLOW);
            }
        }
    }

    private int open(int dirfd, byte[] name) {
        var flags = FileCalls.O_RDONLY | FileCalls.O_DIRECTORY | FileCalls.O_NOFOLLOW | FileCalls.O_CLOEXEC;
        return linux.openat(dirfd, name, flags, 0);
    }

    private static int check(int result, String call) throws SyscallException {
        return Errno.check(result, call, "of a trial union");
    }
}
