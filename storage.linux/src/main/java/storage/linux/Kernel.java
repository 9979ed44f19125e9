package storage.linux;

/** Which kernel this is; for reports only, what it can do is found by trying. */
public final class Kernel {
    private Kernel() {}

    /** The release, such as {@code 6.1.0-18-amd64}, uname(2). */
    public static String release() {
        // the JDK fills this in from uname(2)
        return System.getProperty("os.version", "unknown");
    }
}
