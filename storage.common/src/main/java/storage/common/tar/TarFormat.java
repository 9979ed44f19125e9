package storage.common.tar;

import storage.api.StorageException;

/** Where fields lie in a header and what types are called: tar.h of POSIX.1, and GNU tar's tar.h. */
public final class TarFormat {
    public static final int BLOCK = 512;

    public static final byte REGULAR = '0';
    public static final byte OLD_REGULAR = 0;
    public static final byte HARD_LINK = '1';
    public static final byte SYMLINK = '2';
    public static final byte CHARACTER_DEVICE = '3';
    public static final byte BLOCK_DEVICE = '4';
    public static final byte DIRECTORY = '5';
    public static final byte FIFO = '6';
    public static final byte CONTIGUOUS = '7';
    public static final byte GNU_LONG_LINK = 'K';
    public static final byte GNU_LONG_NAME = 'L';
    public static final byte GNU_SPARSE = 'S';
    public static final byte PAX = 'x';
    public static final byte PAX_GLOBAL = 'g';

    // offsets and lengths of the ustar header
    static final int NAME = 0;
    static final int NAME_LENGTH = 100;
    static final int MODE = 100;
    static final int UID = 108;
    static final int GID = 116;
    static final int SHORT_NUMBER = 8;
    static final int SIZE = 124;
    static final int MTIME = 136;
    static final int LONG_NUMBER = 12;
    static final int CHECKSUM = 148;
    static final int TYPE = 156;
    static final int LINK = 157;
    static final int MAGIC = 257;
    static final int MAJOR = 329;
    static final int MINOR = 337;
    static final int PREFIX = 345;
    static final int PREFIX_LENGTH = 155;

    /** Joerg Schilling's variant has times behind a shorter prefix, and a trailer. */
    static final int STAR_PREFIX_LENGTH = 131;

    static final int STAR_TRAILER = 508;

    // GNU's header: a sparse map where ustar has its prefix
    static final int GNU_SPARSE_MAP = 386;
    static final int GNU_SPARSE_SLOTS = 4;
    static final int GNU_SPARSE_EXTENDED = 482;
    static final int GNU_REAL_SIZE = 483;
    static final int GNU_EXTENSION_SLOTS = 21;
    static final int GNU_EXTENSION_MORE = 504;

    private TarFormat() {}

    /** How many bytes follow content to fill its last block. */
    public static int padding(long size) {
        return (int) (-size & BLOCK - 1);
    }

    static StorageException bad(String what) {
        return StorageException.of(
                StorageException.Kind.BAD_ARCHIVE, "The archive is broken: " + what, "Get a new copy of the archive");
    }

    static StorageException tooMuch(String what) {
        return StorageException.of(
                StorageException.Kind.LIMIT_EXCEEDED,
                "The archive goes beyond a limit: " + what,
                "If the archive is to be trusted, raise the limit by an option archive.max_..., see docs/hostile-input.md");
    }
}
