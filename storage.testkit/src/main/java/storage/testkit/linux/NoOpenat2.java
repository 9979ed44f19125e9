package storage.testkit.linux;

import storage.linux.Errno;
import storage.linux.Syscalls;

/** A kernel before 5.6, or a sandbox: {@code openat2} is not there, so that the way around it gets tested. */
public final class NoOpenat2 {
    private NoOpenat2() {}

    /** The same kernel without the call. */
    public static Syscalls around(Syscalls real) {
        return FailingSyscalls.around(real).failAlways("openat2", Errno.ENOSYS).syscalls();
    }
}
