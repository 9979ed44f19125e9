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

    private byte[][] names = new byte[16][];

    /** The mode that a directory is to have when it is left, -1 if it has it. */
    private int[] modes = new int[16];

    private long[] inodes = new long[16];
    private long[] devices = new long[16];
    private int depth;

    /** Who we are: an ordinary user opens their own directories, whatever the mode, for as long as they are walked. */
    private final int user;

    /** The mount that the top lies on; nothing else is entered. */
    private final long mount;

    private final long device;

    /** Begins at a directory whose descriptor stays the caller's. */
    public DirStack(Syscalls linux, int top) throws SyscallException {
        this.linux = linux;
        this.user = linux.geteuid();
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

    /** The descriptor of a directory on the way from the top (0) to where the walk is. */
    public int fd(int level) throws SyscallException {
        if (fds[level] < 0) {
            // from the top again, and every directory has to be the one that it was; the stat of the last one is kept
            var above = level - 1;
            while (fds[above] < 0) {
                above--;
            }
            var found = new Stat();
            for (var i = above + 1; i <= level; i++) {
                var fd =
                        Errno.check(linux.openat(fds[i - 1], names[i], FLAGS, 0), "openat", FileNames.decode(names[i]));
                fds[i] = fd;
                Errno.check(linux.stat(fd, EMPTY, Syscalls.AT_EMPTY_PATH, found), "statx", "");
                if (found.inode != inodes[i] || found.device != devices[i]) {
                    throw new SyscallException("openat", FileNames.decode(names[i]), Errno.ESTALE);
                }
                closeAt(i - 1);
            }
        }
        return fds[level];
    }

    /** The device of the directory that the walk is in. */
    public long device() {
        return devices[depth];
    }

    /** The device of the top. */
    public long topDevice() {
        return devices[0];
    }

    /** The inode of the directory that the walk is in. */
    public long inode() {
        return inodes[depth];
    }

    /** How many directories below the top. */
    public int depth() {
        return depth;
    }

    /** Whether something lies on another mount than the top. */
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
        var locked = -1;
        var fd = linux.openat(fds[depth], name, FLAGS, 0);
        if (fd == -Errno.EACCES && isLocked(name)) {
            locked = stat.permissions();
            linux.fchmodat(fds[depth], name, locked | 0700);
            fd = linux.openat(fds[depth], name, FLAGS, 0);
        }
        if (fd < 0) {
            return fd;
        }
        var result = linux.stat(fd, EMPTY, Syscalls.AT_EMPTY_PATH, stat);
        if (result == 0 && locked < 0 && user != 0 && stat.uid == user && (stat.mode & 0500) != 0500) {
            locked = stat.permissions();
            result = linux.fchmod(fd, locked | 0700);
        }
        if (result < 0 || isOther(stat)) {
            linux.close(fd);
            return result < 0 ? result : -Errno.EBUSY;
        }
        depth++;
        if (depth == fds.length) {
            fds = Arrays.copyOf(fds, depth * 2);
            names = Arrays.copyOf(names, depth * 2);
            modes = Arrays.copyOf(modes, depth * 2);
            inodes = Arrays.copyOf(inodes, depth * 2);
            devices = Arrays.copyOf(devices, depth * 2);
        }
        fds[depth] = fd;
        names[depth] = name;
        modes[depth] = locked;
        inodes[depth] = stat.inode;
        devices[depth] = stat.device;
        closeAt(depth - OPEN);
        return 0;
    }

    /** Closes a directory that is far above; neither the caller's nor one of the deepest. */
    private void closeAt(int level) {
        if (level > 0 && level <= depth - OPEN && fds[level] >= 0) {
            linux.close(fds[level]);
            fds[level] = -1;
        }
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
        leave();
    }

    private void leave() {
        if (fds[depth] >= 0) {
            if (modes[depth] >= 0) {
                // also while something else has failed; there is nobody to tell
                linux.fchmod(fds[depth], modes[depth]);
            }
            linux.close(fds[depth]);
        }
        depth--;
    }

    private void reopen() {
        try {
            fd(depth);
        } catch (SyscallException e) {
            // moved away meanwhile
            modes[depth] = -1;
        }
    }

    private boolean isLocked(byte[] name) {
        return user != 0
                && linux.stat(fds[depth], name, Syscalls.AT_SYMLINK_NOFOLLOW, stat) == 0
                && stat.isDirectory()
                && stat.uid == user;
    }

    @Override
    public void close() {
        while (depth > 0) {
            if (fds[depth] < 0 && modes[depth] >= 0) {
                // closed for now, but to be put right
                reopen();
            }
            leave();
        }
    }
}
