package storage.common.archive;

import java.util.Arrays;
import java.util.List;
import storage.api.FileNames;
import storage.linux.Errno;
import storage.linux.SyscallException;
import storage.linux.Syscalls;

/** Opens directories of the trees below, as far down as they are seen. */
final class LowerDirs {
    private static final int FLAGS =
            Syscalls.O_RDONLY | Syscalls.O_DIRECTORY | Syscalls.O_NOFOLLOW | Syscalls.O_CLOEXEC;

    private final Syscalls linux;
    private final Forms forms;
    private int count;
    private int instead = -1;

    LowerDirs(Syscalls linux, Forms forms) {
        this.linux = linux;
        this.forms = forms;
    }

    /** How many are open. */
    int count() {
        return count;
    }

    /** The trees down to the first that hides the rest; an overlay's root never does. */
    int[] visible(List<Integer> trees) throws SyscallException {
        var all = trees.stream().mapToInt(Integer::intValue).toArray();
        for (var i = 0; i < all.length && forms.form() == WhiteoutForm.AUFS; i++) {
            if (forms.isOpaque(all[i])) {
                return Arrays.copyOf(all, i + 1);
            }
        }
        return all;
    }

    /** Opens all directories of a name in directories, until one or something else hides the rest. */
    int[] open(int[] above, byte[] name) throws SyscallException {
        instead = -1;
        var found = new int[above.length];
        var length = 0;
        try {
            for (var lower : above) {
                if (forms.hasMark(lower, name)) {
                    break;
                }
                var fd = linux.openat(lower, name, FLAGS, 0);
                if (fd == -Errno.ENOENT) {
                    continue;
                }
                if (fd == -Errno.ENOTDIR || fd == -Errno.ELOOP) {
                    if (length > 0 && forms.form() == WhiteoutForm.AUFS) {
                        // aufs passes over what is no directory below one that is
                        continue;
                    }
                    instead = lower;
                    break;
                }
                // checked first: what is counted is closed below if a later one fails
                Errno.check(fd, "openat", FileNames.decode(name));
                found[length++] = fd;
                count++;
                if (forms.isOpaque(fd)) {
                    break;
                }
            }
            return Arrays.copyOf(found, length);
        } catch (SyscallException e) {
            close(Arrays.copyOf(found, length));
            throw e;
        }
    }

    /** Where the last {@link #open} came upon the name as something else than a directory, -1 if it did not. */
    int instead() {
        return instead;
    }

    void close(int[] fds) {
        for (var fd : fds) {
            linux.close(fd);
            count--;
        }
    }
}
