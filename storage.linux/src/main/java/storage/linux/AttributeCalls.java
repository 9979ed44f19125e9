package storage.linux;

/**
 * Extended attributes, xattr(7). The {@code f} forms take descriptors (not {@code O_PATH}), the {@code l} forms do not
 * follow a symbolic link at the end of the path. Listings are names, each ended by a zero byte. An empty array asks for
 * the size alone. No value and no listing is longer than 65536 bytes; a longer value gives {@code -E2BIG}.
 */
public interface AttributeCalls {
    /** {@code flags} of the setters, linux/xattr.h: fail if it exists. */
    int XATTR_CREATE = 1;

    /** Fail if it does not exist. */
    int XATTR_REPLACE = 2;

    int getxattr(byte[] path, byte[] name, byte[] into);

    int lgetxattr(byte[] path, byte[] name, byte[] into);

    int fgetxattr(int fd, byte[] name, byte[] into);

    int setxattr(byte[] path, byte[] name, byte[] value, int flags);

    int lsetxattr(byte[] path, byte[] name, byte[] value, int flags);

    int fsetxattr(int fd, byte[] name, byte[] value, int flags);

    int listxattr(byte[] path, byte[] into);

    int llistxattr(byte[] path, byte[] into);

    int flistxattr(int fd, byte[] into);

    int removexattr(byte[] path, byte[] name);

    int lremovexattr(byte[] path, byte[] name);

    int fremovexattr(int fd, byte[] name);
}
