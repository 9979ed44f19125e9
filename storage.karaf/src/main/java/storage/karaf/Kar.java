package storage.karaf;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Writes the features file, and the archive that a Karaf without a network can be given: that file and every bundle, in
 * Maven's layout below {@code repository/}. The same files give the same bytes.
 *
 * <pre>java storage.karaf.Kar TEMPLATE VERSION OUT/features.xml OUT/storage.kar REPOSITORY</pre>
 *
 * Every bundle of the repository has to be in a feature.
 */
final class Kar {
    private static final LocalDateTime TIME = LocalDateTime.of(2025, 1, 1, 0, 0);

    private Kar() {}

    public static void main(String[] arguments) throws IOException {
        var version = arguments[1];
        var features = Path.of(arguments[2]);
        var repository = Path.of(arguments[4]);
        Files.writeString(features, new Features(repository).fill(Files.readString(Path.of(arguments[0])), version));
        var entries = new TreeMap<String, Path>();
        collect(repository, entries);
        entries.put(
                "repository/storage/runtime/storage.karaf/" + version + "/storage.karaf-" + version + "-features.xml",
                features);
        try (var out = Files.newOutputStream(Path.of(arguments[3]))) {
            write(entries, out);
        }
    }

    private static void collect(Path repository, SortedMap<String, Path> entries) throws IOException {
        try (var files = Files.walk(repository)) {
            files.filter(Features::isJar)
                    .forEach(file -> entries.put("repository/" + repository.relativize(file), file));
        }
    }

    private static void write(SortedMap<String, Path> entries, OutputStream out) throws IOException {
        var manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        // which backends are wanted is for the administrator to say
        manifest.getMainAttributes().putValue("Karaf-Feature-Start", "false");
        try (var zip = new ZipOutputStream(out)) {
            zip.putNextEntry(entry(JarFile.MANIFEST_NAME));
            manifest.write(zip);
            for (var each : entries.entrySet()) {
                zip.putNextEntry(entry(each.getKey()));
                Files.copy(each.getValue(), zip);
            }
        }
    }

    private static ZipEntry entry(String name) {
        var entry = new ZipEntry(name);
        entry.setTimeLocal(TIME);
        return entry;
    }
}
