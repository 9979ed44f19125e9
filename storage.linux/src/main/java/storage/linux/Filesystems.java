package storage.linux;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Collectors;

/** What this kernel can mount at this moment, {@code /proc/filesystems}: modules not loaded yet are missing. */
public final class Filesystems {
    private static final Path LIST = Path.of("/proc/filesystems");

    private Filesystems() {}

    /** The types, such as {@code overlay}. */
    public static Set<String> registered() throws IOException {
        return parse(Files.readString(LIST, StandardCharsets.ISO_8859_1));
    }

    /** Whether a type is there; false if the list cannot be read. */
    public static boolean has(String type) {
        try {
            return registered().contains(type);
        } catch (IOException e) {
            return false;
        }
    }

    /** Lines of {@code nodev TAB name} or {@code TAB name}. */
    static Set<String> parse(String list) {
        return list.lines()
                .map(line -> line.substring(line.lastIndexOf('\t') + 1).strip())
                .filter(name -> !name.isEmpty())
                .collect(Collectors.toUnmodifiableSet());
    }
}
