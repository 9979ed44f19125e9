package storage.image.source;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import storage.api.StoreInfo;

/**
 * Room for what has to be kept while an archive is read or written: files without a name, which vanish with the process
 * however that ends. They lie below the root, where the space is; over a store that is only read, in the system's
 * temporary folder, because nothing is written below the root then.
 */
public final class Scratch {
    private static final String PREFIX = "image-";

    private final Path folder;
    private final String prefix;
    private final boolean ours;

    /** The scratch room of a store. */
    public Scratch(StoreInfo info) {
        ours = info.access() == StoreInfo.Access.WRITE;
        folder = ours ? info.root().resolve("storage").resolve("tmp") : Path.of(System.getProperty("java.io.tmpdir"));
        prefix = PREFIX + info.home().getFileName() + "-";
    }

    /** A new empty file, for writing and reading; it is gone when the channel is closed. */
    public FileChannel file() throws IOException {
        if (ours) {
            prepare();
        }
        var file = folder.resolve(prefix + UUID.randomUUID());
        var channel = FileChannel.open(
                file,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        try {
            Files.deleteIfExists(file); // a store that is opened beside may have swept it already
            return channel;
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    private void prepare() throws IOException {
        Files.createDirectories(folder.getParent());
        if (!Files.isDirectory(folder)) {
            Files.createDirectories(
                    folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        }
        for (var each : new Path[] {folder.getParent(), folder}) {
            if (!PosixFilePermissions.toString(Files.getPosixFilePermissions(each))
                    .equals("rwx------")) {
                Files.setPosixFilePermissions(each, PosixFilePermissions.fromString("rwx------"));
            }
        }
    }

    /** Removes files that a crash between making and unlinking left. */
    public void sweep() throws IOException {
        if (!ours || !Files.isDirectory(folder)) {
            return;
        }
        try (Stream<Path> files = Files.list(folder)) {
            for (var file : (Iterable<Path>) files::iterator) {
                if (file.getFileName().toString().startsWith(prefix)) {
                    Files.deleteIfExists(file);
                }
            }
        }
    }
}
