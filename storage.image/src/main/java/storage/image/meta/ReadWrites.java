package storage.image.meta;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import storage.api.LayerId;
import storage.api.StorageException;
import storage.api.StoreInfo;
import storage.common.io.AtomicFile;
import storage.common.io.JsonFile;
import storage.common.store.ContainerRecord;

/**
 * Which read-write layers stand on which images.
 *
 * <p>The engine's record is {@code layerdb/mounts/NAME/{mount-id,init-id,parent}}; it refuses to start on ids that are
 * not 64 hexadecimal digits. So layers with such an id are told to the engine, and all are in a record of our own,
 * {@code ROOT/storage/DRIVER/containers/ID.json}, which knows the image as well.
 */
public final class ReadWrites {
    private static final Pattern ENGINE_ID = Pattern.compile("[a-f0-9]{64}");

    private final Path mounts;
    private final Path containers;
    private final StoreInfo info;
    private final Path engineContainers;

    /**
     * @param layers the layer database, which holds the engine's part
     * @param info where the rest lies
     */
    public ReadWrites(LayerDb layers, StoreInfo info) {
        mounts = layers.mounts();
        containers = ContainerRecord.folder(info);
        this.info = info;
        engineContainers = info.root().resolve("containers");
    }

    /**
     * A read-write layer.
     *
     * @param layer its id in the store
     * @param init the layer between it and its image, which the engine makes
     * @param chain the top layer of its image, empty if that has none
     * @param image the image, where it is known
     * @param record the file or folder that says so
     */
    public record Entry(
            LayerId layer, Optional<LayerId> init, Optional<Digest> chain, Optional<Digest> image, Path record) {}

    /** What is read of the engine's record of a container. */
    record EngineContainer(@JsonProperty("Image") String image) {}

    /**
     * All that either side has recorded. A layer may be there twice, and may be gone from the store.
     *
     * @throws StorageException DAMAGED if a record cannot be read
     */
    public List<Entry> entries() throws StorageException {
        var entries = new ArrayList<Entry>();
        try {
            for (var name : EngineFolder.names(mounts)) {
                entries.add(mount(mounts.resolve(name)));
            }
            for (var name : EngineFolder.names(containers)) {
                container(name).ifPresent(entries::add);
            }
        } catch (IOException e) {
            throw EngineFolder.told(e, "to read which layers stand on images");
        }
        return entries;
    }

    /** The same without those that are damaged. */
    public List<Entry> entriesThatCanBeRead() throws IOException {
        var entries = new ArrayList<Entry>();
        for (var record : records()) {
            try {
                read(record).ifPresent(entries::add);
            } catch (StorageException e) {
                // the check tells of it
            }
        }
        return entries;
    }

    /** The folders and files of the records, in whatever state. */
    public List<Path> records() throws IOException {
        var records = new ArrayList<Path>();
        EngineFolder.names(mounts).forEach(name -> records.add(mounts.resolve(name)));
        EngineFolder.names(containers).stream()
                .filter(name -> ContainerRecord.layer(name).isPresent())
                .forEach(name -> records.add(containers.resolve(name)));
        return records;
    }

    /** One record, as {@link #records} has it. */
    public Optional<Entry> read(Path record) throws IOException {
        return record.startsWith(mounts)
                ? Optional.of(mount(record))
                : container(record.getFileName().toString());
    }

    private Entry mount(Path folder) throws IOException {
        var id = EngineFolder.text(folder.resolve("mount-id"))
                .filter(LayerId::isValid)
                .orElseThrow(() -> Bad.record("The record %s names no layer", folder));
        return new Entry(
                new LayerId(id),
                EngineFolder.text(folder.resolve("init-id"))
                        .filter(LayerId::isValid)
                        .map(LayerId::new),
                EngineFolder.digest(folder.resolve("parent")),
                engineImage(folder.getFileName().toString()),
                folder);
    }

    /** The image that an engine's container was made from, if the engine has it written down. */
    private Optional<Digest> engineImage(String container) {
        var file = engineContainers.resolve(container).resolve("config.v2.json");
        try {
            return JsonFile.read(file, EngineContainer.class)
                    .flatMap(config -> Optional.ofNullable(config.image()))
                    .flatMap(Digest::find);
        } catch (IOException e) {
            return Optional.empty(); // the engine's own affair; the chain is known all the same
        }
    }

    private Optional<Entry> container(String name) throws IOException {
        var layer = ContainerRecord.layer(name);
        if (layer.isEmpty()) {
            return Optional.empty();
        }
        return ContainerRecord.read(info, layer.get())
                .map(record -> new Entry(
                        layer.get(),
                        Optional.empty(),
                        Optional.ofNullable(record.chain()).flatMap(Digest::find),
                        Optional.ofNullable(record.image()).flatMap(Digest::find),
                        containers.resolve(name)));
    }

    /** Records a layer that was made from an image, with the layer that it stands on. */
    public void add(LayerId layer, Optional<LayerId> parent, Digest image, Optional<Digest> chain) throws IOException {
        EngineFolder.ensure(containers, "rwx------");
        JsonFile.write(
                ContainerRecord.file(info, layer),
                new ContainerRecord(
                        image.toString(),
                        chain.map(Digest::toString).orElse(""),
                        parent.map(LayerId::value).orElse(null)));
        if (ENGINE_ID.matcher(layer.value()).matches()) {
            addMount(layer, chain);
        }
    }

    private void addMount(LayerId layer, Optional<Digest> chain) throws IOException {
        var folder = mounts.resolve(layer.value());
        EngineFolder.ensure(mounts.getParent(), "rwx------");
        EngineFolder.ensure(folder, "rwxr-xr-x");
        AtomicFile.write(folder.resolve("mount-id"), ascii(layer.value()), 0644);
        if (chain.isPresent()) {
            AtomicFile.write(folder.resolve("parent"), ascii(chain.get().toString()), 0644);
        }
    }

    /** Forgets a layer of ours that is gone; the engine's own records stay. */
    public void forget(LayerId layer) throws IOException {
        if (Files.exists(ContainerRecord.file(info, layer)) && Digest.isHex(layer.value())) {
            EngineFolder.removeTree(mounts.resolve(layer.value()));
        }
        Files.deleteIfExists(ContainerRecord.file(info, layer));
    }

    private static byte[] ascii(String text) {
        return text.getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    }
}
