package storage.common.block;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.linux.Errno;
import storage.linux.StatFs;
import storage.linux.Syscalls;

/** The filesystems that layers on block devices have: how to make, know, mount and grow them. */
public enum BlockFilesystem {
    EXT4("ext4", "e2fsprogs") {
        @Override
        List<String> makeOptions() {
            // inodes of 256 bytes: smaller ones have times in whole seconds. Tables of inodes are zero where they lie
            return List.of(
                    "-q",
                    "-F",
                    "-I",
                    "256",
                    "-b",
                    "4096",
                    "-m",
                    "0",
                    "-E",
                    "nodiscard,lazy_itable_init=1,lazy_journal_init=1");
        }

        @Override
        String ownOptions(boolean replay) {
            // the kernel would fill the inode tables with zeros in the background, and the sparse file with them
            return replay ? "noinit_itable" : "noload";
        }

        @Override
        public void grow(Syscalls linux, int root, long bytes) throws IOException {
            var shape = new StatFs();
            Errno.check(linux.fstatfs(root, shape), "fstatfs", "");
            var blocks = buffer(8).putLong(0, bytes / shape.blockSize);
            Errno.check(linux.ioctl(root, EXT4_IOC_RESIZE_FS, blocks), "ioctl EXT4_IOC_RESIZE_FS", "");
        }
    },
    XFS("xfs", "xfsprogs") {
        @Override
        List<String> makeOptions() {
            return List.of("-q", "-f", "-K");
        }

        @Override
        String ownOptions(boolean replay) {
            // copies have their original's UUID
            return replay ? "nouuid" : "nouuid,norecovery";
        }

        @Override
        public void grow(Syscalls linux, int root, long bytes) throws IOException {
            var shape = buffer(112);
            Errno.check(linux.ioctl(root, XFS_IOC_FSGEOMETRY_V1, shape), "ioctl XFS_IOC_FSGEOMETRY_V1", "");
            var blocks = bytes / shape.getInt(0);
            if (blocks > shape.getLong(32)) {
                // struct xfs_growfs_data: the new number of blocks, the share of inodes as it is
                var wanted = buffer(16).putLong(0, blocks).putInt(8, shape.getInt(28));
                Errno.check(linux.ioctl(root, XFS_IOC_FSGROWFSDATA, wanted), "ioctl XFS_IOC_FSGROWFSDATA", "");
            }
        }
    };

    /** {@code _IOW('f', 16, __u64)}, fs/ext4/ext4.h. */
    private static final long EXT4_IOC_RESIZE_FS = 0x40086610L;

    /** {@code _IOR('X', 100, struct xfs_fsop_geom_v1)}, fs/xfs/libxfs/xfs_fs.h. */
    private static final long XFS_IOC_FSGEOMETRY_V1 = 0x80705864L;

    /** {@code _IOW('X', 110, struct xfs_growfs_data)}. */
    private static final long XFS_IOC_FSGROWFSDATA = 0x4010586eL;

    /** Where the magic numbers lie: of xfs at the start, of ext4 in the superblock at 1024, ext4(5). */
    private static final int EXT4_MAGIC_AT = 1024 + 0x38;

    private static final byte[] XFS_MAGIC = {'X', 'F', 'S', 'B'};
    private static final int HEAD = 2048;

    /** There while SELinux is, selinux(8). */
    private static final Path SELINUX = Path.of("/sys/fs/selinux/booleans");

    private static final Duration LIMIT = Duration.ofMinutes(10);

    private final String type;
    private final String packageName;

    BlockFilesystem(String type, String packageName) {
        this.type = type;
        this.packageName = packageName;
    }

    abstract List<String> makeOptions();

    abstract String ownOptions(boolean replay);

    /**
     * Grows a mounted filesystem; one that is as large already is left as it is.
     *
     * @param root a descriptor in it
     * @param bytes the size of its device
     */
    public abstract void grow(Syscalls linux, int root, long bytes) throws IOException;

    /**
     * Grows a filesystem that is not mounted, where the process may not grow it otherwise (ext4 asks for
     * {@code CAP_SYS_RESOURCE}).
     *
     * @param fd the file or device that it fills afterwards
     * @return false if that cannot be done
     */
    public boolean growUnmounted(int fd) throws IOException {
        var program = HelperProgram.find("resize2fs");
        if (this != EXT4 || program.isEmpty()) {
            return false;
        }
        HelperProgram.run(program.get(), List.of("-f", path(fd)), LIMIT);
        return true;
    }

    /** By descriptor: the path may have bytes that an argument of a process loses in some locales. */
    private static String path(int fd) {
        return "/proc/" + ProcessHandle.current().pid() + "/fd/" + fd;
    }

    /** The name for mount(2) and {@code /proc/filesystems}. */
    public String type() {
        return type;
    }

    /** The Debian package with its mkfs. */
    public String packageName() {
        return packageName;
    }

    /** Its mkfs; empty if that is not installed. */
    public Optional<Path> maker() {
        return HelperProgram.find("mkfs." + type);
    }

    /** The one of that name. */
    public static Optional<BlockFilesystem> named(String type) {
        return Arrays.stream(values()).filter(each -> each.type.equals(type)).findFirst();
    }

    /**
     * Makes an empty filesystem on an open file or device, over whatever is there.
     *
     * @param more arguments for mkfs, before the device
     */
    public void make(int fd, List<String> more) throws IOException {
        var program = maker().orElseThrow(() -> StorageException.of(
                Kind.PREREQUISITES,
                "The program mkfs." + type + " is not in /usr/sbin or /sbin",
                "Install it: the package " + packageName));
        var arguments = new ArrayList<>(makeOptions());
        arguments.addAll(more);
        arguments.add(path(fd));
        HelperProgram.run(program, arguments, LIMIT);
    }

    /** What an open file or device holds; empty if it is neither. */
    public static Optional<BlockFilesystem> of(Syscalls linux, int fd) throws IOException {
        var head = buffer(HEAD);
        while (head.hasRemaining()) {
            var count = Errno.check(linux.pread(fd, head, head.position()), "pread", "");
            if (count == 0) {
                return Optional.empty();
            }
        }
        var start = new byte[XFS_MAGIC.length];
        head.get(0, start);
        if (Arrays.equals(start, XFS_MAGIC)) {
            return Optional.of(XFS);
        }
        return (head.get(EXT4_MAGIC_AT) & 0xff) == 0x53 && (head.get(EXT4_MAGIC_AT + 1) & 0xff) == 0xef
                ? Optional.of(EXT4)
                : Optional.empty();
    }

    /**
     * The options of a mount.
     *
     * @param replay whether the journal may be replayed, which writes
     * @param more further options, empty for none
     * @param label a security label, empty for none
     */
    public String mountOptions(boolean replay, String more, String label) throws StorageException {
        if (label.chars().anyMatch(c -> c == '"' || c < ' ')) {
            throw StorageException.of(
                    Kind.INVALID,
                    "The mount label '" + label + "' holds a quotation mark or a control character",
                    "Use a label such as system_u:object_r:container_file_t:s0");
        }
        if (!label.isEmpty() && !Files.isDirectory(SELINUX)) {
            throw StorageException.of(
                    Kind.NOT_SUPPORTED,
                    "No mount can carry the security label " + label + ": SELinux is not active here",
                    "Leave the label out");
        }
        return ownOptions(replay)
                + (more.isEmpty() ? "" : "," + more)
                + (label.isEmpty() ? "" : ",context=\"" + label + "\"");
    }

    private static ByteBuffer buffer(int size) {
        return ByteBuffer.allocateDirect(size).order(ByteOrder.nativeOrder());
    }
}
