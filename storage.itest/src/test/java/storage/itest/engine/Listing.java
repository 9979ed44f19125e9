package storage.itest.engine;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/** What a tree holds, a line a path, from a folder or from an engine's export, so that the two can be compared. */
final class Listing {
    private Listing() {}

    /** Of a folder; the tests' trees have ASCII names, so that the platform's file API sees them all. */
    static SortedMap<String, String> of(Path root) throws IOException {
        var lines = new TreeMap<String, String>();
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes basic) throws IOException {
                return visitFile(dir, basic);
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes basic) throws IOException {
                if (!file.equals(root)) {
                    lines.put(root.relativize(file).toString(), line(file));
                }
                return FileVisitResult.CONTINUE;
            }
        });
        return lines;
    }

    private static String line(Path file) throws IOException {
        Map<String, Object> unix = Files.readAttributes(file, "unix:*", LinkOption.NOFOLLOW_LINKS);
        var mode = (Integer) unix.get("mode");
        var owner = unix.get("uid") + ":" + unix.get("gid");
        var type = switch (mode & 0170000) {
            case 0040000 -> "dir";
            case 0120000 -> "link " + Files.readSymbolicLink(file);
            case 0100000 ->
                "file " + unix.get("size") + " " + seconds((FileTime) unix.get("lastModifiedTime")) + " "
                        + digest(file);
            default -> "special";
        };
        return line(mode & 07777, owner, type);
    }

    /** Of a tar archive as {@code docker export} writes it; a hard link shows what it links to. */
    static SortedMap<String, String> ofTar(Path archive) throws IOException {
        var lines = new TreeMap<String, String>();
        try (var tar = new TarArchiveInputStream(Files.newInputStream(archive))) {
            for (var entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                var name = entry.getName().replaceAll("^\\./|/$", "");
                if (!name.isEmpty()) {
                    lines.put(name, entry.isLink() ? lines.get(entry.getLinkName()) : line(entry, tar));
                }
            }
        }
        return lines;
    }

    /** One member of a tar archive. */
    static byte[] member(Path archive, String name) throws IOException {
        try (var tar = new TarArchiveInputStream(Files.newInputStream(archive))) {
            for (var entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                if (entry.getName().equals(name)) {
                    return tar.readAllBytes();
                }
            }
        }
        throw new AssertionError(archive + " has no " + name);
    }

    private static String line(TarArchiveEntry entry, InputStream content) throws IOException {
        String type;
        if (entry.isDirectory()) {
            type = "dir";
        } else if (entry.isSymbolicLink()) {
            type = "link " + entry.getLinkName();
        } else if (entry.isFile()) {
            type = "file " + entry.getSize() + " " + seconds(entry.getLastModifiedTime()) + " " + digest(content);
        } else {
            type = "special";
        }
        // a symbolic link's own mode means nothing and is not the same everywhere
        var mode = entry.isSymbolicLink() ? 0777 : entry.getMode() & 07777;
        return line(mode, entry.getLongUserId() + ":" + entry.getLongGroupId(), type);
    }

    private static String line(int mode, String owner, String type) {
        return "%04o %s %s".formatted(mode, owner, type);
    }

    private static long seconds(FileTime time) {
        return time.to(TimeUnit.SECONDS);
    }

    private static String digest(Path file) throws IOException {
        // closed at once: an open file keeps its filesystem from being unmounted
        try (var content = Files.newInputStream(file)) {
            return digest(content);
        }
    }

    private static String digest(InputStream content) throws IOException {
        try {
            var bytes = new ByteArrayOutputStream();
            content.transferTo(bytes);
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes.toByteArray()));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
