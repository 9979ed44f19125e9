package storage.linux.jna;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import java.security.AccessController;
import java.security.PrivilegedAction;

/**
 * The C library's way into the kernel, by JNA's direct mapping: primitives only, so that a call converts nothing.
 *
 * <p>Everything goes through {@code syscall(2)}, with numbers from {@link Numbers}: the kernel's own interface never
 * changes, while wrappers come and go with the C library (statx, openat2, mknodat), and there is one place that looks at
 * the error number. Direct mapping takes no varargs, hence the fixed numbers of arguments;
 * three of them, because each argument costs some 20 ns.
 */
final class LibC {
    /** Why nothing can be called, null if all is well. Kept, because a class initializer that throws does so only once. */
    private static final String FAILURE = registerUnobserved();

    private LibC() {}

    /** @throws UnsupportedOperationException with a sentence, every time, where the kernel cannot be called */
    static void load() {
        if (FAILURE != null) {
            throw new UnsupportedOperationException(FAILURE);
        }
    }

    /**
     * Loading JNA starts a thread that stays. It would inherit the context class loader and the security context of
     * whichever bundle happens to be the first to call the kernel, and keep that bundle's classes after an update.
     */
    @SuppressWarnings("removal") // where there still are security contexts, nothing else cuts them off
    private static String registerUnobserved() {
        var thread = Thread.currentThread();
        var loader = thread.getContextClassLoader();
        thread.setContextClassLoader(null);
        try {
            return AccessController.doPrivileged((PrivilegedAction<String>) LibC::register);
        } finally {
            thread.setContextClassLoader(loader);
        }
    }

    private static String register() {
        var system = System.getProperty("os.name");
        var processor = System.getProperty("os.arch");
        if (!"Linux".equals(system) || !("amd64".equals(processor) || "aarch64".equals(processor))) {
            return "Storage Runtime needs Linux on x86-64 or AArch64, this is " + system + " on " + processor;
        }
        try {
            Native.register(LibC.class, NativeLibrary.getProcess());
            return null;
        } catch (LinkageError e) {
            return "The native part of JNA cannot be loaded (" + e.getMessage()
                    + "); if the temporary folder is mounted noexec, name another one with -Djna.tmpdir";
        }
    }

    static native long syscall(long number, long a, long b, long c);

    static native long syscall(long number, long a, long b, long c, long d, long e);

    static native long syscall(long number, long a, long b, long c, long d, long e, long f);

    static native int getpagesize();
}
