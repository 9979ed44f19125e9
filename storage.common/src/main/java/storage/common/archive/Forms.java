package storage.common.archive;

import java.nio.charset.StandardCharsets;
import storage.api.FileNames;
import storage.linux.Errno;
import storage.linux.Stat;
import storage.linux.SyscallException;
import storage.linux.Syscalls;

/** How whiteouts are written to and read from a directory, for each form. A plain tree has none. */
final class Forms {
    private static final byte[] XATTR = "trusted.overlay.opaque".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] YES = {'y'};

    private final Syscalls linux;
    private final WhiteoutForm form;
    private final byte[] value = new byte[8];
    private final Stat stat = new Stat();

    Forms(Syscalls linux, WhiteoutForm form) {
        this.linux = linux;
        this.form = form;
    }

    WhiteoutForm form() {
        return form;
    }

    boolean isPlain() {
        return form == WhiteoutForm.REMOVE;
    }

    /** Whether what was found under a name is the mark that there is nothing. */
    boolean isWhiteout(Stat found) {
        return form == WhiteoutForm.OVERLAY && found.isWhiteout();
    }

    /** Whether a directory has a mark beside the name that hides it. */
    boolean hasMark(int dirfd, byte[] name) throws SyscallException {
        return form == WhiteoutForm.AUFS && exists(dirfd, Marks.of(name));
    }

    private boolean exists(int dirfd, byte[] name) throws SyscallException {
        var result = linux.stat(dirfd, name, Syscalls.AT_SYMLINK_NOFOLLOW, stat);
        if (result == -Errno.ENOENT || result == -Errno.ENAMETOOLONG) {
            return false;
        }
        Errno.check(result, "statx", FileNames.decode(name));
        return true;
    }

    boolean isOpaque(int fd) throws SyscallException {
        return switch (form) {
            case REMOVE -> false;
            case AUFS -> exists(fd, Marks.OPAQUE);
            case OVERLAY -> linux.fgetxattr(fd, XATTR, value) == 1 && value[0] == 'y';
        };
    }

    void makeOpaque(int fd) throws SyscallException {
        switch (form) {
            case REMOVE -> {
                // nothing is below
            }
            case AUFS -> makeFile(fd, Marks.OPAQUE);
            case OVERLAY -> Errno.check(linux.fsetxattr(fd, XATTR, YES, 0), "setxattr", "trusted.overlay.opaque");
        }
    }

    /** Puts a whiteout where there is nothing. */
    void makeWhiteout(int dirfd, byte[] name) throws SyscallException {
        switch (form) {
            case REMOVE -> {
                // what it hides is gone
            }
            case AUFS -> makeFile(dirfd, Marks.of(name));
            case OVERLAY -> Errno.check(linux.mknodat(dirfd, name, Stat.S_IFCHR, 0), "mknodat", FileNames.decode(name));
        }
    }

    /** Aufs writes its marks with mode 0444. */
    private void makeFile(int dirfd, byte[] name) throws SyscallException {
        var flags = Syscalls.O_WRONLY | Syscalls.O_CREAT | Syscalls.O_NOFOLLOW | Syscalls.O_CLOEXEC;
        linux.close(Errno.check(linux.openat(dirfd, name, flags, 0444), "openat", FileNames.decode(name)));
    }
}
