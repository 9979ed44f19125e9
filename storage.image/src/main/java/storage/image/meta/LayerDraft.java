package storage.image.meta;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.zip.GZIPOutputStream;
import storage.common.io.AtomicFile;

/** An entry of the layer database in the making. Closed without {@link #commit}, it leaves nothing. */
public final class LayerDraft implements AutoCloseable {
    private static final String FILE_MODE = "rw-r--r--";

    private final Path folder;
    private final Path chains;

    LayerDraft(Path folder, Path chains) {
        this.folder = folder;
        this.chains = chains;
    }

    /** Where the record of the layer's archive goes, uncompressed; the caller closes it before the commit. Replaces one. */
    public OutputStream tarSplit() throws IOException {
        var file = folder.resolve("tar-split.json.gz");
        var out = Files.newOutputStream(file);
        try {
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(FILE_MODE));
            return new GZIPOutputStream(out, 1 << 16);
        } catch (IOException e) {
            out.close();
            throw e;
        }
    }

    /**
     * Makes it an entry.
     *
     * @return false if another has made one of the same chain meanwhile; the draft is given up then
     */
    public boolean commit(LayerEntry entry) throws IOException {
        write("size", Long.toString(entry.size()));
        write("diff", entry.diff().toString());
        write("cache-id", entry.layer().value());
        if (entry.parent().isPresent()) {
            write("parent", entry.parent().get().toString());
        }
        sync(folder.resolve("tar-split.json.gz"));
        AtomicFile.syncFolder(folder);
        try {
            Files.move(folder, chains.resolve(entry.chain().hex()), StandardCopyOption.ATOMIC_MOVE);
        } catch (java.nio.file.FileSystemException e) {
            if (Files.isDirectory(chains.resolve(entry.chain().hex()))) {
                return false;
            }
            throw e;
        }
        AtomicFile.syncFolder(chains);
        return true;
    }

    private void write(String name, String content) throws IOException {
        AtomicFile.writeUnsynced(
                folder.resolve(name), content.getBytes(java.nio.charset.StandardCharsets.US_ASCII), 0644);
    }

    private static void sync(Path file) throws IOException {
        if (Files.exists(file)) {
            try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                channel.force(false);
            }
        }
    }

    /** Removes what is left of the draft; nothing after a commit. */
    @Override
    public void close() throws IOException {
        EngineFolder.removeTree(folder);
    }
}
