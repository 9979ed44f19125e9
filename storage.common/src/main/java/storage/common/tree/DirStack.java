package storage.common.tree;

import java.util.Arrays;
import storage.api.FileNames;
import storage.linux.Errno;
import storage.linux.Stat;
import storage.linux.SyscallException;
import storage.linux.Syscalls;

/**
 * The directories from the top of a tree down to where a walk is, each opened from the one above and none through a
 * symbolic link. Only the last few are held open, so that a tree may be deeper than a process may have descriptors; on
 * the way up, {@code ..} gives the others back, and is believed only if it is the same directory as before.
 */
public final class DirStack implements AutoCloseable {
    /** How many of the deepest directories are kept open. */
    private static final int OPEN = 64;

    private static final int FLAGS =
            Syscalls.O_RDONLY | Syscalls.O_DIRECTORY | Syscalls.O_NOFOLLOW | Syscalls.O_CLOEXEC;
    private static final byte[] EMPTY = {};
    private static final byte[] PARENT = {'.', '.'};

    private final Syscalls linux;
    private final Stat stat = new Stat();

    /** -1 where closed for now. The first is the caller's. */
    private int[] fds = new int[16];

    private long[] inodes = new long[16];
    private long[] devices = new long[16];
    private int depth;

    /** The mount that the top lies on; nothing else is entered. */
    private final long mount;

    private final long device;

    /** Begins at a directory whose descriptor stays the caller's. */
    public DirStack(Syscalls linux, int top) throws SyscallException {
        this.linux = linux;
        identify(top);
        fds[0] = top;
        inodes[0] = stat.inode;
        devices[0] = stat.device;
        mount = stat.mount;
        device = stat.device;
    }

    private void identify(int fd) throws SyscallException {
        Errno.check(linux.stat(fd, EMPTY, Syscalls.AT_EMPTY_PATH, stat), "statx", "");
    }

    /** The descriptor of the directory that the walk is in. */
    public int fd() {
        return fds[depth];
    }

    /** How many directories below the top. */
    public int depth() {
        return depth;
    }

    /** The mount id of what was entered or looked at last, for comparing; see {@link #isOther}. */
    public boolean isOther(Stat found) {
        return found.mount != mount || mount == 0 && found.device != device;
    }

    /**
     * Enters a directory.
     *
     * @return 0, or the negative error number of {@code openat(2)}: ENOTDIR or ELOOP for what is no directory, EBUSY for
     *     another mount
     */
    public int push(byte[] name) throws SyscallException {
        var fd = linux.openat(fds[depth], name, FLAGS, 0);
        if (fd < 0) {
            return fd;
        }
        var result = linux.stat(fd, EMPTY, Syscalls.AT_EMPTY_PATH, stat);
        if (result < 0 || isOther(stat)) {
            linux.close(fd);
            return result < 0 ? result : -Errno.EBUSY;
        }
        depth++;
        if (depth == fds.length) {
            fds = Arrays.copyOf(fds, depth * 2);
            inodes = Arrays.copyOf(inodes, depth * 2);
            devices = Arrays.copyOf(devices, depth * 2);
        }
        fds[depth] = fd;
        inodes[depth] = stat.inode;
        devices[depth] = stat.device;
        if (depth > OPEN && fds[depth - OPEN] >= 0) {
            linux.close(fds[depth - OPEN]);
            fds[depth - OPEN] = -1;
        }
        return 0;
    }

    /** Enters a directory that is there. */
    public void enter(byte[] name) throws SyscallException {
        Errno.check(push(name), "openat", FileNames.decode(name));
    }

    /** What is known of the directory that was entered last, until the next one is. */
    public Stat stat() {
        return stat;
    }

    /** Goes back up. */
    public void pop() throws SyscallException {
        var above = depth - 1;
        if (fds[above] < 0) {
            var fd = Errno.check(linux.openat(fds[depth], PARENT, FLAGS, 0), "openat", "..");
            fds[above] = fd;
            identify(fd);
            if (stat.inode != inodes[above] || stat.device != devices[above]) {
                throw new SyscallException("openat", "..", Errno.ESTALE);
            }
        }
        linux.close(fds[depth]);
        depth--;
    }

    @Override
    public void close() {
        while (depth > 0) {
            if (fds[depth] >= 0) {
                linux.close(fds[depth]);
            }
            depth--;
        }
    }
}
