package storage.image.meta;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import storage.api.LayerId;
import storage.api.StorageException;
import storage.common.io.AtomicFile;

/**
 * The engine's layer database, {@code layerdb/sha256/CHAIN/{cache-id,diff,parent,size,tar-split.json.gz}}.
 *
 * <p>An entry is made in {@code layerdb/tmp} and renamed, so that it is there whole or not at all. Before its layer is
 * removed it is renamed to {@code CHAIN-RANDOM-removing}, which either side finishes at its next start.
 */
public final class LayerDb {
    private static final String REMOVING = "-removing";
    private static final SecureRandom RANDOM = new SecureRandom();

    private final Path root;
    private final Path chains;
    private final Path tmp;

    /** @param image the folder of the image metadata, {@code ROOT/image/DRIVER} */
    public LayerDb(Path image) {
        root = image.resolve("layerdb");
        chains = root.resolve("sha256");
        tmp = root.resolve("tmp");
    }

    /** 64 random hexadecimal digits, as the engine names layers in its home. */
    public static String randomId() {
        var bytes = new byte[32];
        RANDOM.nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    /** The folder of all mounts. */
    Path mounts() {
        return root.resolve("mounts");
    }

    /** The folder of an entry. */
    public Path folder(Digest chain) {
        return chains.resolve(chain.hex());
    }

    /** The chains that have an entry, in whatever state, sorted. */
    public List<Digest> chains() throws StorageException {
        try {
            return EngineFolder.names(chains).stream()
                    .filter(Digest::isHex)
                    .map(Digest::ofHex)
                    .toList();
        } catch (IOException e) {
            throw EngineFolder.told(e, "to list " + chains);
        }
    }

    /**
     * All entries, in the order of chains.
     *
     * @throws StorageException DAMAGED if one cannot be read
     */
    public List<LayerEntry> entries() throws StorageException {
        var entries = new ArrayList<LayerEntry>();
        for (var chain : chains()) {
            entry(chain).ifPresent(entries::add);
        }
        return entries;
    }

    /** Whether there is an entry, in whatever state. */
    public boolean has(Digest chain) {
        return Files.isDirectory(folder(chain));
    }

    /**
     * One entry.
     *
     * @return empty if there is none
     * @throws StorageException DAMAGED if it is incomplete or contradicts itself
     */
    public Optional<LayerEntry> entry(Digest chain) throws StorageException {
        var folder = folder(chain);
        if (!Files.isDirectory(folder)) {
            return Optional.empty();
        }
        try {
            var diff = needed(EngineFolder.digest(folder.resolve("diff")), folder, "diff");
            var parent = EngineFolder.digest(folder.resolve("parent"));
            var cache = needed(EngineFolder.text(folder.resolve("cache-id")), folder, "cache-id");
            var size = needed(EngineFolder.text(folder.resolve("size")), folder, "size");
            if (!ImageConfig.chain(parent, diff).equals(chain)) {
                throw Bad.record("The layer record %s is not of the chain that its diff and parent make", folder);
            }
            if (!LayerId.isValid(cache) || !size.matches("[0-9]{1,18}")) {
                throw Bad.record("The layer record %s has a cache-id or size that is none", folder);
            }
            return Optional.of(new LayerEntry(chain, diff, parent, new LayerId(cache), Long.parseLong(size)));
        } catch (IOException e) {
            throw EngineFolder.told(e, "to read the layer record " + folder);
        }
    }

    private static <T> T needed(Optional<T> value, Path folder, String file) throws StorageException {
        return value.orElseThrow(() -> Bad.record("The layer record %s has no file %s", folder, file));
    }

    /** The entry of a layer in the store, by its id there. Reads every entry; those that are damaged are passed over. */
    public Optional<LayerEntry> of(LayerId layer) throws StorageException {
        for (var chain : chains()) {
            try {
                if (EngineFolder.text(folder(chain).resolve("cache-id"))
                        .filter(layer.value()::equals)
                        .isPresent()) {
                    return entry(chain);
                }
            } catch (IOException e) {
                throw EngineFolder.told(e, "to read the layer record " + folder(chain));
            }
        }
        return Optional.empty();
    }

    /** The record of how the layer's archive was put together, uncompressed, or empty if none was kept. */
    public Optional<InputStream> tarSplit(Digest chain) throws IOException {
        InputStream file;
        try {
            file = Files.newInputStream(folder(chain).resolve("tar-split.json.gz"));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
        try {
            return Optional.of(new GZIPInputStream(file, 1 << 16));
        } catch (IOException e) {
            file.close();
            throw Bad.record("The archive record of layer %s is cut off or no gzip", chain.brief())
                    .causedBy(e);
        }
    }

    /** Begins a new entry. */
    public LayerDraft begin() throws IOException {
        EngineFolder.ensure(root, "rwx------");
        EngineFolder.ensure(chains, "rwxr-xr-x");
        EngineFolder.ensure(tmp, "rwxr-xr-x");
        var folder = tmp.resolve("write-set-" + randomId().substring(0, 16));
        EngineFolder.ensure(folder, "rwx------");
        return new LayerDraft(folder, chains);
    }

    /** Takes an entry out of the database, so that its layer can be removed. */
    public Removed takeOut(LayerEntry entry) throws IOException {
        var folder = folder(entry.chain());
        var aside = chains.resolve(entry.chain().hex() + "-" + randomId() + REMOVING);
        Files.move(folder, aside, StandardCopyOption.ATOMIC_MOVE);
        AtomicFile.syncFolder(chains);
        return new Removed(aside, folder, Optional.of(entry.layer()));
    }

    /** What was taken out of the database and whose layer may still be in the store. */
    public List<Removed> takenOut() throws IOException {
        var removed = new ArrayList<Removed>();
        for (var name : EngineFolder.names(chains)) {
            if (name.endsWith(REMOVING)) {
                var folder = chains.resolve(name);
                removed.add(new Removed(
                        folder,
                        folder,
                        EngineFolder.text(folder.resolve("cache-id"))
                                .filter(LayerId::isValid)
                                .map(LayerId::new)));
            }
        }
        return removed;
    }

    /** Removes what a crash left in {@code tmp}. */
    public void sweep() throws IOException {
        for (var name : EngineFolder.names(tmp)) {
            if (name.startsWith("write-set-")) {
                EngineFolder.removeTree(tmp.resolve(name));
            }
        }
    }

    /**
     * An entry that was taken out.
     *
     * @param aside where it is now
     * @param was where it was
     * @param layer its layer in the store, if the entry can be read
     */
    public record Removed(Path aside, Path was, Optional<LayerId> layer) {
        /** Ends it for good; the layer is gone. */
        public void forget() throws IOException {
            EngineFolder.removeTree(aside);
        }

        /** Puts it back; the layer could not be removed. */
        public void restore() throws IOException {
            Files.move(aside, was, StandardCopyOption.ATOMIC_MOVE);
        }
    }
}
