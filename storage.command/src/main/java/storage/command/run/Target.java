package storage.command.run;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.command.entry.Terminal;

/** Where {@code -o} points: a file that appears whole or not at all, or standard output. */
public final class Target {
    private static final int BUFFER = 1 << 16;
    private static final String SUFFIX = ".part";
    /** What this process is writing, since files of a process that has ended have the number of one that lives. */
    private static final Set<Path> WRITING = ConcurrentHashMap.newKeySet();

    private Target() {}

    /** What is written. */
    @FunctionalInterface
    public interface Content {
        void to(OutputStream out) throws Exception;
    }

    /** @param output a path, or {@code -} */
    public static void write(Run run, String output, Content content) throws Exception {
        if (output.equals("-")) {
            if (run.out().isTerminal()) {
                throw run.usage("The archive would go to the terminal: give -o FILE, or pipe it");
            }
            content.to(new Outlet(run.terminal(), "standard output", run.out()));
            run.out().flush();
            return;
        }
        write(run.terminal(), UserPath.of("-o", output), content);
    }

    static void write(Terminal terminal, Path file, Content content) throws Exception {
        if (Files.isDirectory(file)) {
            throw StorageException.of(Kind.INVALID, file + " is a folder", "Give the name of a file in it");
        }
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            stream(terminal, file, file, content, StandardOpenOption.WRITE);
            return;
        }
        if (!Files.isDirectory(file.getParent())) {
            throw StorageException.of(Kind.NOT_FOUND, "There is no folder " + file.getParent(), "Make it first");
        }
        replace(terminal, file, content);
    }

    /** Beside the target first, so that a failure half-way leaves an older file as it was. */
    private static void replace(Terminal terminal, Path link, Content content) throws Exception {
        var file = Files.exists(link) ? link.toRealPath() : link;
        discardStale(file);
        var part = file.resolveSibling(prefix(file) + ProcessHandle.current().pid() + SUFFIX);
        if (!WRITING.add(part)) {
            throw StorageException.of(Kind.IN_USE, file + " is being written to", "Wait for the other command to end");
        }
        try {
            Files.deleteIfExists(part);
            stream(terminal, part, file, content, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
            if (terminal.isInterrupted()) {
                throw new InterruptedException();
            }
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (Throwable e) {
            if (Files.exists(part, LinkOption.NOFOLLOW_LINKS)) {
                try {
                    Files.delete(part);
                } catch (IOException again) {
                    e.addSuppressed(again);
                }
            }
            throw e;
        } finally {
            WRITING.remove(part);
        }
    }

    private static String prefix(Path file) {
        return "." + file.getFileName() + ".";
    }

    /** What processes left beside the same target that were killed. A folder that cannot be listed has to keep them. */
    private static void discardStale(Path file) {
        var prefix = prefix(file);
        DirectoryStream.Filter<Path> stale = path -> {
            var name = path.getFileName().toString();
            if (!name.startsWith(prefix) || !name.endsWith(SUFFIX) || name.length() <= prefix.length() + 5) {
                return false;
            }
            var pid = name.substring(prefix.length(), name.length() - SUFFIX.length());
            return pid.chars().allMatch(Character::isDigit) && !Files.exists(Path.of("/proc", pid));
        };
        try (var left = Files.newDirectoryStream(file.getParent(), stale)) {
            for (var part : left) {
                Files.deleteIfExists(part);
            }
        } catch (IOException | java.nio.file.DirectoryIteratorException e) {
            // what stays takes space and does no other harm
        }
    }

    private static void stream(Terminal terminal, Path file, Path shown, Content content, StandardOpenOption... how)
            throws Exception {
        try (var out = new BufferedOutputStream(
                new Outlet(terminal, shown.toString(), Files.newOutputStream(file, how)), BUFFER)) {
            content.to(out);
        } catch (FileSystemException e) {
            // the file that the user named, not the one beside it
            throw file.toString().equals(e.getFile()) ? renamed(e, shown) : e;
        }
    }

    private static FileSystemException renamed(FileSystemException e, Path shown) {
        if (e instanceof java.nio.file.AccessDeniedException) {
            return new java.nio.file.AccessDeniedException(shown.toString());
        }
        return new FileSystemException(shown.toString(), null, e.getReason());
    }
}
