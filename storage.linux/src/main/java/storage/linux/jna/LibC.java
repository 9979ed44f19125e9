package storage.linux.jna;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;

/**
 * The C library's way into the kernel, by JNA's direct mapping: primitives only, so that a call converts nothing.
 *
 * <p>Everything goes through {@code syscall(2)}, with numbers from {@link Numbers}: the kernel's own interface never
 * changes, while wrappers come and go with the C library (statx, openat2, mknodat), and there is one place that looks at
 * the error number. Direct mapping takes no varargs, hence the fixed numbers of arguments;
 * three of them, because each argument costs some 20 ns.
 */
final class LibC {
    static {
        var system = System.getProperty("os.name");
        var processor = System.getProperty("os.arch");
        if (!"Linux".equals(system) || !("amd64".equals(processor) || "aarch64".equals(processor))) {
            throw new UnsupportedOperationException(
                    "Storage Runtime needs Linux on x86-64 or AArch64, this is " + system + " on " + processor);
        }
        try {
            Native.register(LibC.class, NativeLibrary.getProcess());
        } catch (LinkageError e) {
            throw new UnsupportedOperationException(
                    "the native part of JNA cannot be loaded (" + e.getMessage()
                            + "); if the temporary folder is mounted noexec, name another with -Djna.tmpdir",
                    e);
        }
    }

    private LibC() {}

    /** Runs the class initializer, so that a failure shows at a known place and with its own words. */
    static void load() {
        try {
            getpagesize();
        } catch (ExceptionInInitializerError e) {
            throw e.getCause() instanceof UnsupportedOperationException reason
                    ? reason
                    : new UnsupportedOperationException("the system calls cannot be reached: " + e.getCause(), e);
        } catch (NoClassDefFoundError e) {
            throw new UnsupportedOperationException("the system calls could not be reached at the first attempt", e);
        }
    }

    static native long syscall(long number, long a, long b, long c);

    static native long syscall(long number, long a, long b, long c, long d, long e);

    static native long syscall(long number, long a, long b, long c, long d, long e, long f);

    static native int getpagesize();
}
