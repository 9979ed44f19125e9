package storage.aufs.mount;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import storage.api.FileNames;
import storage.api.StorageException;
import storage.common.tree.DirStack;
import storage.common.tree.Listing;
import storage.common.tree.LongSet;
import storage.linux.Errno;
import storage.linux.Fd;
import storage.linux.FileCalls;
import storage.linux.PathBytes;
import storage.linux.Stat;
import storage.linux.Syscalls;

/**
 * Hard links that exist only as long as a union is mounted. A file of a lower branch with several names is copied up under
 * the one that is written to; the others lead to the copy only in the kernel's memory, and would show the old content after
 * an unmount. While there are such files the writable branch has a link to each in {@code .wh..wh.plnk}, named by its
 * inode number in the union and the one in the branch. Flushing gives each name its real link: auplink(8) does that, and
 * where it is not installed we do.
 */
final class PseudoLinks {
    private static final String FOLDER = "/.wh..wh.plnk";
    private static final List<Path> PROGRAMS = List.of(Path.of("/sbin/auplink"), Path.of("/usr/sbin/auplink"));
    private static final Duration LIMIT = Duration.ofMinutes(5);

    private final Syscalls linux;
    private final List<Path> programs;

    PseudoLinks(Syscalls linux) {
        this(linux, PROGRAMS);
    }

    PseudoLinks(Syscalls linux, List<Path> programs) {
        this.linux = linux;
        this.programs = List.copyOf(programs);
    }

    /**
     * Makes real links of all that there are.
     *
     * @param union where it is mounted
     * @param writable its writable branch; both as text of {@link FileNames}
     */
    void flush(String union, String writable) throws IOException {
        var inodes = inodes(writable);
        if (inodes.isEmpty()) {
            return;
        }
        for (var program : programs) {
            if (Files.isExecutable(program)) {
                run(program, union);
                return;
            }
        }
        try (var top = Fd.directory(linux, union);
                var stack = new DirStack(linux, top.number())) {
            touch(stack, inodes, Listing.buffer());
        }
    }

    /** The inode numbers of files that have pseudo-links, as the union shows them. */
    private LongSet inodes(String writable) throws IOException {
        var inodes = new LongSet();
        var flags = FileCalls.O_RDONLY | FileCalls.O_DIRECTORY | FileCalls.O_NOFOLLOW | FileCalls.O_CLOEXEC;
        var number = linux.openat(FileCalls.AT_FDCWD, FileNames.encode(writable + FOLDER), flags, 0);
        if (number == -Errno.ENOENT || number == -Errno.ENOTDIR || number == -Errno.ELOOP) {
            return inodes;
        }
        try (var folder = Fd.of(linux, Errno.check(number, "openat", writable + FOLDER))) {
            for (var item : Listing.read(linux, folder.number(), Listing.buffer())) {
                var name = FileNames.decode(item.name());
                if (name.matches("\\d{1,19}\\.\\d{1,20}")) {
                    inodes.add(Long.parseUnsignedLong(name.substring(0, name.indexOf('.'))));
                }
            }
        }
        return inodes;
    }

    /** Sets the times of those files to what they are, which makes the kernel link each name in the writable branch. */
    private void touch(DirStack stack, LongSet inodes, ByteBuffer buffer) throws IOException {
        var stat = new Stat();
        for (var item : Listing.read(linux, stack.fd(), buffer)) {
            if (item.type() == Listing.DIRECTORY || item.type() == Listing.UNKNOWN) {
                var result = stack.push(item.name());
                if (result == 0) {
                    touch(stack, inodes, buffer);
                    stack.pop();
                    continue;
                }
                if (result == -Errno.EBUSY || result == -Errno.ENOENT) {
                    continue; // another's mount, or gone
                }
                if (result != -Errno.ENOTDIR && result != -Errno.ELOOP) {
                    Errno.check(result, "openat", FileNames.decode(item.name()));
                }
            }
            if (linux.stat(stack.fd(), item.name(), FileCalls.AT_SYMLINK_NOFOLLOW, stat) == 0
                    && inodes.contains(stat.inode)) {
                var result = linux.utimensat(
                        stack.fd(),
                        item.name(),
                        0,
                        FileCalls.UTIME_OMIT,
                        stat.modifiedSeconds,
                        stat.modifiedNanos,
                        FileCalls.AT_SYMLINK_NOFOLLOW);
                if (result != -Errno.ENOENT) {
                    Errno.check(result, "utimensat", FileNames.decode(item.name()));
                }
            }
        }
    }

    /** Forgets them, once nothing is mounted any more: what is left in the folder are links that nobody needs. */
    void clear(String writable) throws IOException {
        var flags = FileCalls.O_RDONLY | FileCalls.O_DIRECTORY | FileCalls.O_NOFOLLOW | FileCalls.O_CLOEXEC;
        var number = linux.openat(FileCalls.AT_FDCWD, FileNames.encode(writable + FOLDER), flags, 0);
        if (number < 0) {
            return;
        }
        try (var folder = Fd.of(linux, number)) {
            for (var item : Listing.read(linux, folder.number(), Listing.buffer())) {
                linux.unlinkat(folder.number(), item.name(), 0);
            }
        }
    }

    private static void run(Path program, String union) throws IOException {
        // a file, because a pipe that nobody reads may fill up
        var output = Files.createTempFile("auplink", ".out");
        Process process = null;
        try {
            // by its path as bytes in the convention of the platform: no shell reads it
            var builder = new ProcessBuilder(
                            program.toString(), PathBytes.path(union).toString(), "flush")
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .redirectInput(
                            ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
            builder.environment().clear();
            process = builder.start();
            if (!process.waitFor(LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
                throw failed(program, union, "did not end within " + LIMIT.toMinutes() + " minutes");
            }
            if (process.exitValue() != 0) {
                throw failed(
                        program,
                        union,
                        "ended with " + process.exitValue() + ": "
                                + Files.readString(output, java.nio.charset.StandardCharsets.ISO_8859_1)
                                        .strip());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw StorageException.of(
                    StorageException.Kind.INTERRUPTED, "The wait for " + program + " was interrupted");
        } finally {
            if (process != null) {
                process.destroyForcibly();
            }
            Files.deleteIfExists(output);
        }
    }

    private static StorageException failed(Path program, String union, String how) {
        return StorageException.of(
                StorageException.Kind.IO,
                program + " " + union + " flush " + how,
                "Run it by hand to see why; until then hard links in the layer would be lost");
    }
}
