package storage.image.shelf;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import storage.api.LayerId;
import storage.common.io.AtomicFile;
import storage.image.meta.Digest;

/**
 * Where damaged records go: {@code ROOT/storage/quarantine/image/DRIVER/N/}, under the path that they had below the root,
 * so that they can be put back by hand.
 */
public final class Quarantine {
    private final Shelf shelf;

    public Quarantine(Shelf shelf) {
        this.shelf = shelf;
    }

    /** Moves a file or folder. Answers where it is now. */
    public Path take(Path path) throws IOException {
        var to = place(path);
        Files.move(path, to, StandardCopyOption.ATOMIC_MOVE);
        AtomicFile.syncFolder(path.getParent());
        return to;
    }

    /** Keeps a copy of a file that is about to be changed. */
    public void copy(Path path) throws IOException {
        Files.copy(path, place(path));
    }

    private Path place(Path path) throws IOException {
        var root = shelf.quarantine();
        var below = shelf.layers().info().root().relativize(path);
        var number = 1;
        while (Files.exists(root.resolve(Integer.toString(number)).resolve(below))) {
            number++;
        }
        var to = root.resolve(Integer.toString(number)).resolve(below);
        Files.createDirectories(
                to.getParent(), PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        return to;
    }

    /**
     * A layer whose record is set aside; it stays in the store until somebody decides.
     *
     * @param chain what the record was about, empty if its folder has no such name
     * @param record where it is now
     */
    public record SetAside(LayerId layer, Optional<Digest> chain, Path record) {}

    /** The layers whose records are set aside, those included that are gone. */
    public static List<SetAside> layers(Shelf shelf) throws IOException {
        if (!Files.isDirectory(shelf.quarantine())) {
            return List.of();
        }
        var layers = new ArrayList<SetAside>();
        try (Stream<Path> files = Files.walk(shelf.quarantine())) {
            for (var file : (Iterable<Path>) files::iterator) {
                if (file.endsWith("cache-id") && Files.isRegularFile(file) && Files.size(file) < 4096) {
                    var id = Files.readString(file, java.nio.charset.StandardCharsets.ISO_8859_1)
                            .trim();
                    var record = file.getParent();
                    if (LayerId.isValid(id)) {
                        layers.add(
                                new SetAside(new LayerId(id), Digest.find("sha256:" + record.getFileName()), record));
                    }
                }
            }
        }
        return layers;
    }
}
