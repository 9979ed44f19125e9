package storage.linux.jna;

/** Numbers of system calls: asm/unistd_64.h of x86-64 against asm-generic/unistd.h, which AArch64 uses. */
final class Numbers {
    private static final boolean ARM = "aarch64".equals(System.getProperty("os.arch"));

    static final long READ = ARM ? 63 : 0;
    static final long WRITE = ARM ? 64 : 1;
    static final long CLOSE = ARM ? 57 : 3;
    static final long LSEEK = ARM ? 62 : 8;
    static final long IOCTL = ARM ? 29 : 16;
    static final long PREAD64 = ARM ? 67 : 17;
    static final long PWRITE64 = ARM ? 68 : 18;
    static final long SENDFILE = ARM ? 71 : 40;
    static final long FCNTL = ARM ? 25 : 72;
    static final long FLOCK = ARM ? 32 : 73;
    static final long FSYNC = ARM ? 82 : 74;
    static final long FDATASYNC = ARM ? 83 : 75;
    static final long FTRUNCATE = ARM ? 46 : 77;
    static final long FCHDIR = ARM ? 50 : 81;
    static final long FCHMOD = ARM ? 52 : 91;
    static final long FCHOWN = ARM ? 55 : 93;
    static final long UMASK = ARM ? 166 : 95;
    static final long GETEUID = ARM ? 175 : 107;
    static final long GETEGID = ARM ? 177 : 108;
    static final long STATFS = ARM ? 43 : 137;
    static final long FSTATFS = ARM ? 44 : 138;
    static final long MOUNT = ARM ? 40 : 165;
    static final long UMOUNT2 = ARM ? 39 : 166;
    static final long QUOTACTL = ARM ? 60 : 179;
    static final long SETXATTR = ARM ? 5 : 188;
    static final long LSETXATTR = ARM ? 6 : 189;
    static final long FSETXATTR = ARM ? 7 : 190;
    static final long GETXATTR = ARM ? 8 : 191;
    static final long LGETXATTR = ARM ? 9 : 192;
    static final long FGETXATTR = ARM ? 10 : 193;
    static final long LISTXATTR = ARM ? 11 : 194;
    static final long LLISTXATTR = ARM ? 12 : 195;
    static final long FLISTXATTR = ARM ? 13 : 196;
    static final long REMOVEXATTR = ARM ? 14 : 197;
    static final long LREMOVEXATTR = ARM ? 15 : 198;
    static final long FREMOVEXATTR = ARM ? 16 : 199;
    static final long GETDENTS64 = ARM ? 61 : 217;
    static final long OPENAT = ARM ? 56 : 257;
    static final long MKDIRAT = ARM ? 34 : 258;
    static final long MKNODAT = ARM ? 33 : 259;
    static final long FCHOWNAT = ARM ? 54 : 260;
    static final long UNLINKAT = ARM ? 35 : 263;
    static final long LINKAT = ARM ? 37 : 265;
    static final long SYMLINKAT = ARM ? 36 : 266;
    static final long READLINKAT = ARM ? 78 : 267;
    static final long FCHMODAT = ARM ? 53 : 268;
    static final long PPOLL = ARM ? 73 : 271;
    static final long UNSHARE = ARM ? 97 : 272;
    static final long UTIMENSAT = ARM ? 88 : 280;
    static final long FALLOCATE = ARM ? 47 : 285;
    static final long SYNCFS = ARM ? 267 : 306;
    static final long RENAMEAT2 = ARM ? 276 : 316;
    static final long COPY_FILE_RANGE = ARM ? 285 : 326;
    static final long STATX = ARM ? 291 : 332;
    static final long OPENAT2 = 437;
    static final long QUOTACTL_FD = 443;

    private Numbers() {}
}
