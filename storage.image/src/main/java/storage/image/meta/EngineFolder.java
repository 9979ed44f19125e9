package storage.image.meta;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import storage.api.StorageException;

/** Folders and small files in the engine's manner: its modes, no line feed at the end. */
final class EngineFolder {
    /** The largest of the small files, in bytes: a digest and some white space. */
    private static final int LARGEST = 4096;

    private EngineFolder() {}

    /** Makes a folder, and those above it with the same mode, where missing. The umask does not count. */
    static void ensure(Path folder, String mode) throws IOException {
        if (Files.isDirectory(folder)) {
            return;
        }
        ensure(folder.getParent(), mode);
        try {
            Files.createDirectory(folder);
        } catch (java.nio.file.FileAlreadyExistsException e) {
            if (!Files.isDirectory(folder)) {
                throw e;
            }
        }
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString(mode));
    }

    /** The content of a small file without white space around it, empty if there is none. */
    static Optional<String> text(Path file) throws IOException {
        try {
            if (Files.size(file) > LARGEST) {
                throw Bad.record("The file %s is larger than any of its kind", file);
            }
            return Optional.of(Files.readString(file, java.nio.charset.StandardCharsets.ISO_8859_1)
                    .trim());
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    /** The digest in a small file, empty if there is no such file. */
    static Optional<Digest> digest(Path file) throws IOException {
        var text = text(file);
        if (text.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(Digest.find(text.get())
                .filter(Digest::isSha256)
                .orElseThrow(() -> Bad.record("The file %s holds no digest but '%s'", file, Shown.text(text.get()))));
    }

    /** The names in a folder, sorted; none if there is no folder. */
    static List<String> names(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        } catch (NoSuchFileException e) {
            return List.of();
        }
    }

    /** Removes a file or folder with everything below it, following no link. What is not there is no error. */
    static void removeTree(Path path) throws IOException {
        if (!Files.exists(path, java.nio.file.LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        Files.walkFileTree(path, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.deleteIfExists(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path folder, IOException failure) throws IOException {
                if (failure != null) {
                    throw failure;
                }
                Files.deleteIfExists(folder);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    /** The failure as one of the store's. */
    static StorageException told(IOException failure, String doing) {
        return failure instanceof StorageException known
                ? known
                : StorageException.of(StorageException.Kind.IO, "Failed " + doing + ": " + failure.getMessage())
                        .causedBy(failure);
    }
}
