package storage.linux;

/** Constants that are not the same on every processor: asm-generic/fcntl.h against arm64's asm/fcntl.h. */
final class Architecture {
    private static final boolean ARM = "aarch64".equals(System.getProperty("os.arch"));

    static final int O_DIRECTORY = ARM ? 0x4000 : 0x10000;
    static final int O_NOFOLLOW = ARM ? 0x8000 : 0x20000;

    private Architecture() {}
}
