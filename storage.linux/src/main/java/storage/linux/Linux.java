package storage.linux;

import storage.linux.jna.NativeSyscalls;

/** The way to the kernel without OSGi. */
public final class Linux {
    private Linux() {}

    /**
     * The system calls of the kernel that runs this process.
     *
     * @throws UnsupportedOperationException with a sentence for the user, if this is not Linux on x86-64 or AArch64, or
     *     if the native part of JNA cannot be loaded
     */
    public static Syscalls syscalls() {
        return new NativeSyscalls();
    }
}
