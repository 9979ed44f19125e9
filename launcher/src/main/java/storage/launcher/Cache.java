package storage.launcher;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * The user's own folder for unpacked bundles and running frameworks: in a shared one, somebody else could put a bundle
 * under the expected name. Where there is none that is ours, a temporary one that {@link #close} removes.
 */
final class Cache implements AutoCloseable {
    private static final FileAttribute<?> PRIVATE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

    private final Path folder;
    private final boolean temporary;
    private final Path run;

    private Cache(Path folder, boolean temporary) throws IOException {
        this.folder = folder;
        this.temporary = temporary;
        var runs = make(folder.resolve("run"));
        sweep(runs);
        run = make(runs.resolve(Long.toString(ProcessHandle.current().pid())));
    }

    static Cache open() throws IOException {
        try {
            var folder = make(base().resolve("storage-runtime"));
            // root may have been given another user's HOME
            if (owner(folder) == owner(Path.of("/proc/self"))) {
                return new Cache(folder, false);
            }
        } catch (IOException e) {
            // no home, or a read-only one: nothing that the user has to know
        }
        return new Cache(Files.createTempDirectory("storage-", PRIVATE), true);
    }

    /** Never createDirectories: a home that does not exist is not ours to make. The script does the same. */
    private static Path base() throws IOException {
        var xdg = System.getenv("XDG_CACHE_HOME");
        if (xdg != null && xdg.startsWith("/")) {
            return make(Path.of(xdg));
        }
        var home = System.getenv("HOME");
        if (home == null || !home.startsWith("/")) {
            home = System.getProperty("user.home");
        }
        return make(Path.of(home).resolve(".cache"));
    }

    private static Path make(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            try {
                Files.createDirectory(folder, PRIVATE);
            } catch (FileAlreadyExistsException e) {
                // another process was faster
            }
        }
        return folder;
    }

    private static int owner(Path path) throws IOException {
        return (Integer) Files.getAttribute(path, "unix:uid", LinkOption.NOFOLLOW_LINKS);
    }

    /** Where unpacked bundles lie. */
    Path bundles() throws IOException {
        return make(folder.resolve("bundles"));
    }

    /** Where JNA puts its native code for the moment of loading it. */
    Path natives() throws IOException {
        return make(run.resolve("native"));
    }

    /** The folder of this process' framework. */
    Path run() {
        return run;
    }

    /** Removes what processes left that were killed. */
    private static void sweep(Path runs) throws IOException {
        try (var left = Files.newDirectoryStream(runs)) {
            for (var run : left) {
                if (!Files.exists(Path.of("/proc", run.getFileName().toString()))) {
                    delete(run);
                }
            }
        }
    }

    private static void delete(Path path) throws IOException {
        try {
            if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
                try (var children = Files.newDirectoryStream(path)) {
                    for (var child : children) {
                        delete(child);
                    }
                }
            }
            Files.delete(path);
        } catch (NoSuchFileException e) {
            // another process sweeps as well
        }
    }

    @Override
    public void close() throws IOException {
        delete(temporary ? folder : run);
    }
}
