package storage.testkit.tree;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import storage.api.FileNames;
import storage.linux.DirectoryStream;
import storage.linux.Errno;
import storage.linux.Fd;
import storage.linux.FdInputStream;
import storage.linux.FileCalls;
import storage.linux.Syscalls;

/** Directory listings and file contents by path. */
final class Names {
    private static final int BLOCK = 64 << 10;

    private Names() {}

    /** The names in a directory, sorted. */
    static List<String> of(Syscalls linux, byte[] directory) throws IOException {
        var names = new ArrayList<String>();
        try (var fd = Fd.directory(linux, FileNames.decode(directory))) {
            var stream = new DirectoryStream(linux, fd.number());
            while (stream.next()) {
                names.add(FileNames.decode(stream.name()));
            }
        }
        names.sort(null);
        return names;
    }

    static byte[] content(Syscalls linux, byte[] file) throws IOException {
        var flags = FileCalls.O_RDONLY | FileCalls.O_NOFOLLOW;
        var fd = Fd.open(linux, FileCalls.AT_FDCWD, FileNames.decode(file), flags, 0);
        try (var in = FdInputStream.owning(linux, fd.number())) {
            return in.readAllBytes();
        }
    }

    /** Digests the blocks of a file that hold anything but zeros, and where they are; holes are not read. */
    static void holding(Syscalls linux, byte[] file, MessageDigest digest) throws IOException {
        var flags = FileCalls.O_RDONLY | FileCalls.O_NOFOLLOW;
        var block = ByteBuffer.allocateDirect(BLOCK);
        var zeros = ByteBuffer.allocate(BLOCK);
        try (var fd = Fd.open(linux, FileCalls.AT_FDCWD, FileNames.decode(file), flags, 0)) {
            var at = linux.lseek(fd.number(), 0, FileCalls.SEEK_DATA);
            while (at >= 0) {
                at = at / BLOCK * BLOCK;
                var length = Errno.check(linux.pread(fd.number(), block.clear(), at), "pread", FileNames.decode(file));
                if (length == 0) {
                    break;
                }
                if (!block.flip().equals(zeros.duplicate().limit(block.limit()))) {
                    digest.update(ByteBuffer.allocate(Long.BYTES).putLong(0, at));
                    digest.update(block);
                }
                at = linux.lseek(fd.number(), at + BLOCK, FileCalls.SEEK_DATA);
            }
            if (at < 0 && at != -Errno.ENXIO) {
                throw new IOException("lseek " + FileNames.decode(file) + ": " + Errno.message((int) -at));
            }
        }
    }
}
