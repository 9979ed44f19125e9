package storage.launcher;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiPredicate;
import java.util.jar.JarFile;
import java.util.zip.ZipEntry;

/**
 * The bundles inside this jar, unpacked once for all later starts.
 *
 * <p>Each has a name that its content decides; an index, named by the size and time of this jar, spares a later start to
 * open the jar at all.
 */
final class Bundles {
    private static final Duration KEPT = Duration.ofDays(30);

    private final Path folder;

    Bundles(Path folder) {
        this.folder = folder;
    }

    /** @param wanted by the folder in this jar, {@code bundles} or {@code shell}, and the bundle's name */
    List<Path> unpacked(BiPredicate<String, String> wanted) throws IOException, URISyntaxException {
        var self = Path.of(Bundles.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
        var index = folder.resolve("list-%x-%x"
                .formatted(Files.size(self), Files.getLastModifiedTime(self).toMillis()));
        var jars = known(index, wanted);
        return jars != null ? jars : unpack(self, index, wanted);
    }

    /** The index has lines such as {@code bundles jna jna-1a2b3c4d-1dc4a5.jar}. Null unless everything in it is there. */
    private List<Path> known(Path index, BiPredicate<String, String> wanted) throws IOException {
        if (!Files.exists(index)) {
            return null;
        }
        List<Path> jars = new ArrayList<>();
        for (var line : Files.readAllLines(index)) {
            var words = line.split(" ", 3);
            if (wanted.test(words[0], words[1])) {
                var jar = folder.resolve(words[2]);
                if (!Files.exists(jar)) {
                    return null;
                }
                jars.add(jar);
            }
        }
        return jars;
    }

    private List<Path> unpack(Path self, Path index, BiPredicate<String, String> wanted) throws IOException {
        discardOld();
        List<Path> jars = new ArrayList<>();
        List<String> lines = new ArrayList<>();
        try (var jar = new JarFile(self.toFile(), false)) {
            for (ZipEntry entry : jar.stream().toList()) {
                var name = entry.getName();
                var slash = name.indexOf('/');
                var in = slash < 0 ? "" : name.substring(0, slash);
                if (name.endsWith(".jar") && (in.equals("bundles") || in.equals("shell"))) {
                    var bundle = name.substring(slash + 1, name.length() - ".jar".length());
                    var unpacked = unpack(jar, entry, bundle);
                    lines.add(in + " " + bundle + " " + unpacked.getFileName());
                    if (wanted.test(in, bundle)) {
                        jars.add(unpacked);
                    }
                }
            }
        }
        var part = Files.createTempFile(folder, "index", ".part");
        Files.write(part, lines);
        Files.move(part, index, StandardCopyOption.ATOMIC_MOVE);
        return jars;
    }

    private Path unpack(JarFile jar, ZipEntry entry, String name) throws IOException {
        var target = folder.resolve("%s-%08x-%x.jar".formatted(name, entry.getCrc(), entry.getSize()));
        if (!Files.exists(target)) {
            var part = Files.createTempFile(folder, name, ".part");
            try (var content = jar.getInputStream(entry)) {
                Files.copy(content, part, StandardCopyOption.REPLACE_EXISTING);
            }
            Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
        }
        return target;
    }

    /** A jar that somebody still runs is unpacked again at its next start, and one that is open stays readable. */
    private void discardOld() throws IOException {
        var limit = Instant.now().minus(KEPT);
        try (var files = Files.newDirectoryStream(folder)) {
            for (var file : files) {
                if (Files.getLastModifiedTime(file).toInstant().isBefore(limit)) {
                    Files.deleteIfExists(file);
                }
            }
        }
    }
}
