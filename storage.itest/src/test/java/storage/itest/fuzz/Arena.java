package storage.itest.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import storage.linux.Errno;
import storage.linux.Linux;
import storage.linux.SyscallException;
import storage.linux.Syscalls;
import storage.testkit.NothingLeft;
import storage.testkit.tree.TreeMaker;

/** Where a fuzz target works: a folder that is emptied after each run, and beside it one that nothing may touch. */
final class Arena {
    private static final int LOOKS = 200;

    /** asm-generic/errno-base.h; no code of ours expects it. */
    private static final int EFAULT = 14;

    final Syscalls linux = Linux.syscalls();
    final Path folder;
    final Path canary;
    private final String outside;

    Arena() {
        try {
            var memory = Path.of("/dev/shm");
            folder = Files.isWritable(memory)
                    ? Files.createTempDirectory(memory, "storage-fuzz")
                    : Files.createTempDirectory("storage-fuzz");
            canary = Files.createDirectories(folder.resolve("canary"));
            Files.createDirectories(canary.resolve("a/b"));
            for (var file : List.of("a/b/c", "a/c", "b", "c")) {
                Files.writeString(canary.resolve(file), "untouched");
            }
            outside = look();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
        Runtime.getRuntime().addShutdownHook(new Thread(this::remove));
    }

    private void remove() {
        try {
            new TreeMaker(linux, folder.getParent()).remove(folder.getFileName().toString());
        } catch (IOException e) {
            System.err.println(folder + " is left: " + e);
        }
    }

    /** Something done with hostile bytes. */
    @FunctionalInterface
    interface Work {
        void run() throws IOException;
    }

    /**
     * Insists that the work ends well, or with a failure that is meant for a user, and leaves neither a descriptor nor a
     * mark outside. Everything else that it throws is a finding.
     */
    void run(Work work) {
        List<String> before;
        try {
            before = NothingLeft.descriptors();
            try {
                work.run();
            } catch (SyscallException e) {
                // the kernel was asked for what can never work
                if (e.errno() == Errno.EBADF || e.errno() == EFAULT || e.errno() == Errno.EINVAL) {
                    throw new IllegalStateException(e);
                }
            } catch (storage.api.StorageException e) {
                if (String.valueOf(e.getMessage()).isBlank()) {
                    throw new IllegalStateException("a refusal without a word", e);
                }
            }
            var open = opened(before);
            if (!open.isEmpty()) {
                throw new IllegalStateException("left open: " + open);
            }
            if (!look().equals(outside)) {
                throw new IllegalStateException("outside has changed: " + look());
            }
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** The JVM and the fuzzer open something now and then, but not for long. */
    private static List<String> opened(List<String> before) throws IOException {
        List<String> added = List.of();
        for (var i = 0; i < LOOKS; i++) {
            added = new ArrayList<>(NothingLeft.descriptors());
            before.forEach(added::remove);
            if (added.isEmpty()) {
                break;
            }
        }
        return added;
    }

    /** The canary with every time of change. */
    private String look() throws IOException {
        var lines = new TreeMap<String, String>();
        try (var files = Files.walk(canary)) {
            for (var file : (Iterable<Path>) files::iterator) {
                lines.put(
                        file.toString(),
                        Files.readAttributes(file, "unix:ctime,mode,ino,size", LinkOption.NOFOLLOW_LINKS)
                                .toString());
            }
        }
        return lines.toString();
    }
}
