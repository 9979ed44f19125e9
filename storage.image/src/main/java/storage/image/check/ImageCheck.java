package storage.image.check;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import storage.api.Layer;
import storage.api.LayerCheck;
import storage.api.LayerCheck.Finding;
import storage.api.LayerId;
import storage.api.StorageException;
import storage.common.io.JsonFile;
import storage.image.ImageStore.Progress;
import storage.image.meta.Digest;
import storage.image.meta.ImageConfig;
import storage.image.meta.LayerEntry;
import storage.image.shelf.Journal;
import storage.image.shelf.Quarantine;
import storage.image.shelf.Shelf;
import storage.image.sink.LayerArchive;

/** Finds what is not as it should be: names, configurations, layer records, records of containers, content. */
public final class ImageCheck {
    private final Shelf shelf;

    public ImageCheck(Shelf shelf) {
        this.shelf = shelf;
    }

    /** What kind of thing is damaged, which decides what the repair does about it. */
    public enum Remedy {
        /** Nothing that this room can do. */
        NONE,
        /** repositories.json is written anew with what can be read of it. */
        REWRITE_NAMES,
        /** The file or folder is set aside. */
        SET_ASIDE,
        /** The layer's record and those of all above it are set aside. */
        SET_CHAIN_ASIDE,
        /** What is missing in the layer's record can be derived. */
        REBUILD
    }

    /**
     * Something that is not as it should be.
     *
     * @param finding as the user is told
     * @param remedy what can be done
     * @param path the file or folder concerned
     * @param chain the layer chain concerned, if it is one
     */
    public record Damage(Finding finding, Remedy remedy, Path path, Optional<Digest> chain) {}

    /** Everything that is wrong. */
    public List<Damage> run(boolean full, Progress progress) throws StorageException {
        try {
            var damages = new ArrayList<Damage>();
            var configs = images(damages);
            names(configs, damages);
            var entries = layers(configs, damages);
            containers(damages);
            journals(damages);
            orphans(entries, damages);
            if (full) {
                content(entries, damages, progress);
            }
            return damages;
        } catch (StorageException e) {
            throw e;
        } catch (IOException e) {
            throw StorageException.of(StorageException.Kind.IO, "Failed to check the images: " + e.getMessage())
                    .causedBy(e);
        }
    }

    private Damage damage(String layer, Path path, String problem, Remedy remedy) {
        var shown = path.startsWith(shelf.layers().info().root())
                ? shelf.layers().info().root().relativize(path).toString()
                : path.toString();
        return new Damage(new Finding(layer, shown, problem, remedy != Remedy.NONE), remedy, path, Optional.empty());
    }

    private Damage damage(Digest chain, String layer, String problem, Remedy remedy) {
        var told = damage(layer, shelf.layerDb().folder(chain), problem, remedy);
        return new Damage(told.finding(), remedy, told.path(), Optional.of(chain));
    }

    private Map<Digest, ImageConfig> images(List<Damage> damages) throws StorageException {
        var configs = new LinkedHashMap<Digest, ImageConfig>();
        for (var id : shelf.images().ids()) {
            try {
                configs.put(id, shelf.images().config(id));
            } catch (StorageException e) {
                damages.add(damage("image " + id.brief(), shelf.images().file(id), e.getMessage(), Remedy.SET_ASIDE));
            }
        }
        return configs;
    }

    private void names(Map<Digest, ImageConfig> configs, List<Damage> damages) {
        var file = shelf.names().file();
        try {
            shelf.names().all().forEach((reference, id) -> {
                if (!configs.containsKey(id)) {
                    var problem = "The name " + reference + " means image " + id.brief() + ", which is "
                            + (shelf.images().has(id) ? "damaged" : "missing");
                    damages.add(damage("image " + id.brief(), file, problem, Remedy.REWRITE_NAMES));
                }
            });
        } catch (StorageException e) {
            damages.add(damage("images", file, e.getMessage(), Remedy.REWRITE_NAMES));
        }
    }

    private Map<Digest, LayerEntry> layers(Map<Digest, ImageConfig> configs, List<Damage> damages)
            throws StorageException {
        var entries = new LinkedHashMap<Digest, LayerEntry>();
        for (var chain : shelf.layerDb().chains()) {
            try {
                shelf.layerDb().entry(chain).ifPresent(entry -> entries.put(chain, entry));
            } catch (StorageException e) {
                var remedy = Derived.of(shelf, chain, configs.values()).isPresent()
                        ? Remedy.REBUILD
                        : Remedy.SET_CHAIN_ASIDE;
                damages.add(damage(chain, "chain " + chain.brief(), e.getMessage(), remedy));
            }
        }
        for (var entry : entries.values()) {
            layer(entry, entries, damages);
        }
        configs.values().forEach(config -> missing(config, entries, damages));
        return entries;
    }

    private void missing(ImageConfig config, Map<Digest, LayerEntry> entries, List<Damage> damages) {
        for (var chain : config.chains()) {
            if (!entries.containsKey(chain)) {
                var problem = "Image %s needs the layer chain %s, which is %s; import the image again"
                        .formatted(
                                config.id().brief(),
                                chain.brief(),
                                shelf.layerDb().has(chain) ? "damaged" : "missing");
                damages.add(
                        damage("image " + config.id().brief(), shelf.layerDb().folder(chain), problem, Remedy.NONE));
            }
        }
    }

    private void layer(LayerEntry entry, Map<Digest, LayerEntry> entries, List<Damage> damages)
            throws StorageException {
        var id = entry.layer().value();
        var layer = shelf.layers().layer(entry.layer());
        var below = entry.parent().map(entries::get);
        if (layer.isEmpty()) {
            damages.add(damage(
                    entry.chain(), id, "The layer is recorded, but missing in the store", Remedy.SET_CHAIN_ASIDE));
        } else if (layer.get().state() == Layer.State.INCOMPLETE) {
            damages.add(damage(entry.chain(), id, "The layer is incomplete", Remedy.SET_CHAIN_ASIDE));
        } else if (entry.parent().isPresent() && below.isEmpty()) {
            damages.add(damage(
                    entry.chain(),
                    id,
                    "The record of its parent chain %s is missing or damaged"
                            .formatted(entry.parent().get().brief()),
                    Remedy.NONE));
        } else if (layer.get().state() == Layer.State.COMPLETE
                && !layer.get().parent().equals(below.map(LayerEntry::layer))) {
            damages.add(damage(
                    entry.chain(),
                    id,
                    "The layer stands on %s in the store, but on %s by its record"
                            .formatted(
                                    layer.get().parent().map(LayerId::value).orElse("nothing"),
                                    below.map(each -> each.layer().value()).orElse("nothing")),
                    Remedy.NONE));
        }
        if (!Files.exists(shelf.layerDb().folder(entry.chain()).resolve("tar-split.json.gz"))) {
            damages.add(damage(
                    entry.chain(),
                    id,
                    "The record of the layer's archive, tar-split.json.gz, is missing",
                    Remedy.NONE));
        }
    }

    private void containers(List<Damage> damages) throws IOException {
        for (var record : shelf.readWrites().records()) {
            var name = record.getFileName().toString();
            try {
                var entry = shelf.readWrites().read(record);
                var gone =
                        entry.isPresent() && !shelf.layers().exists(entry.get().layer());
                if (gone && Files.isDirectory(record)) {
                    damages.add(damage(
                            entry.get().layer().value(),
                            record,
                            "The container %s has lost its layer %s"
                                    .formatted(name, entry.get().layer()),
                            Remedy.SET_ASIDE));
                } else if (entry.isPresent()
                        && entry.get().chain().isPresent()
                        && !shelf.layerDb().has(entry.get().chain().get())) {
                    damages.add(damage(
                            entry.get().layer().value(),
                            record,
                            "The layer stands on the chain %s, which is not recorded"
                                    .formatted(entry.get().chain().get().brief()),
                            Remedy.NONE));
                }
            } catch (StorageException e) {
                damages.add(damage("container " + name, record, e.getMessage(), Remedy.SET_ASIDE));
            }
        }
    }

    private void journals(List<Damage> damages) throws IOException {
        for (var file : shelf.journals()) {
            try {
                var content = JsonFile.read(file, Journal.Content.class);
                if (content.isPresent() && !shelf.room().alive().contains(file) && shelf.isWritable()) {
                    damages.add(damage(
                            "import", file, "An import was cut off; it is undone at the next opening", Remedy.NONE));
                }
            } catch (StorageException e) {
                damages.add(damage("import", file, e.getMessage(), Remedy.SET_ASIDE));
            }
        }
    }

    /** Layers in the store that neither a record of images nor one of ours knows: left by an engine or put there by hand. */
    private void orphans(Map<Digest, LayerEntry> entries, List<Damage> damages) throws IOException {
        var known = new HashSet<LayerId>();
        entries.values().forEach(entry -> known.add(entry.layer()));
        for (var entry : shelf.readWrites().entriesThatCanBeRead()) {
            known.add(entry.layer());
            entry.init().ifPresent(known::add);
        }
        for (var file : shelf.room().alive()) {
            known.addAll(Journal.layers(file));
        }
        shelf.layerDb().takenOut().forEach(removed -> removed.layer().ifPresent(known::add));
        for (var chain : shelf.layerDb().chains()) {
            if (!entries.containsKey(chain)) {
                Derived.cacheId(shelf, chain).ifPresent(known::add);
            }
        }
        var layers = new ArrayList<>(shelf.layers().layers());
        setAside(layers, known, damages);
        layers.removeIf(layer -> known.contains(layer.id()));
        var found = layers.isEmpty() ? Set.<String>of() : foundByTheStore();
        var home = shelf.layers().info().home();
        for (var layer : layers) {
            var id = layer.id();
            if (!isRecorded(id)) {
                if (found.contains(id.value())) {
                    continue;
                }
                damages.add(damage(
                        id.value(),
                        home,
                        "Neither an image nor a container nor a record of ours names this layer",
                        Remedy.NONE));
            } else if (layer.kind() == Layer.Kind.IMAGE && Digest.isHex(id.value())) {
                damages.add(damage(id.value(), home, "No image needs this layer; prune removes it", Remedy.NONE));
            }
        }
    }

    /** Layers whose records a repair took away: named until they are gone, because some may hold damaged files. */
    private void setAside(List<Layer> layers, Set<LayerId> known, List<Damage> damages) throws IOException {
        for (var aside : Quarantine.layers(shelf)) {
            var layer = aside.layer();
            if (known.add(layer) && shelf.layers().exists(layer)) {
                var above = layers.stream()
                        .filter(each -> each.parent().filter(layer::equals).isPresent())
                        .map(each -> each.id().value())
                        .toList();
                var problem = "The layer was damaged or stands on a damaged one, and its record was set aside; "
                        + (above.isEmpty() ? "'storage prune' removes it" : String.join(", ", above) + " stands on it");
                damages.add(damage(layer.value(), aside.record(), problem, Remedy.NONE));
            }
        }
    }

    /** What the store's own check names already; that can set it aside. */
    private Set<String> foundByTheStore() throws StorageException {
        var check = shelf.layers().ability(LayerCheck.class);
        return check.isEmpty()
                ? Set.of()
                : check.get().findings().stream().map(Finding::layer).collect(Collectors.toSet());
    }

    /** Whether this runtime made the layer itself; its state is the end of the file's name. */
    private boolean isRecorded(LayerId id) {
        var records = shelf.layers().info().state().resolve("layers");
        return List.of(".json", ".creating", ".applying", ".removing").stream()
                .anyMatch(state -> Files.exists(records.resolve(id + state)));
    }

    private void content(Map<Digest, LayerEntry> entries, List<Damage> damages, Progress progress)
            throws StorageException {
        var number = 0;
        for (var entry : entries.values()) {
            var step = "layer " + ++number + " of " + entries.size() + " "
                    + entry.diff().brief();
            var layer = shelf.layers().layer(entry.layer());
            if (layer.isEmpty() || layer.get().state() == Layer.State.INCOMPLETE) {
                continue;
            }
            var below = entry.parent().map(entries::get);
            var archive = new LayerArchive(shelf.layers(), shelf.layerDb(), entry, below);
            try {
                var done = new long[1];
                archive.writeTo(new OutputStream() {
                    @Override
                    public void write(int b) {
                        progress.at(step, ++done[0], -1);
                    }

                    @Override
                    public void write(byte[] bytes, int offset, int length) {
                        done[0] += length;
                        progress.at(step, done[0], -1);
                    }
                });
            } catch (StorageException e) {
                if (e.kind() == StorageException.Kind.INTERRUPTED || e.kind() == StorageException.Kind.CLOSED) {
                    throw e;
                }
                damages.add(told(entry, archive, e.getMessage()));
            } catch (IOException e) {
                damages.add(told(entry, archive, "The layer cannot be read: " + e.getMessage()));
            }
        }
    }

    private Damage told(LayerEntry entry, LayerArchive archive, String problem) {
        return new Damage(
                new Finding(entry.layer().value(), shown(archive.current()), problem, true),
                Remedy.SET_CHAIN_ASIDE,
                shelf.layerDb().folder(entry.chain()),
                Optional.of(entry.chain()));
    }

    private static String shown(String file) {
        return file.isEmpty() ? "" : "/" + file;
    }

    /** For the repair: a layer whose content was found damaged before. */
    public static Damage content(Shelf shelf, Digest chain) {
        return new Damage(
                new Finding("chain " + chain.brief(), "", "The content is damaged", true),
                Remedy.SET_CHAIN_ASIDE,
                shelf.layerDb().folder(chain),
                Optional.of(chain));
    }

    /** For the repair: the chains that stand on one, itself included, by what the records say. */
    static List<Digest> standingOn(Shelf shelf, Digest chain) throws IOException {
        var parents = new HashMap<Digest, Digest>();
        for (var each : shelf.layerDb().chains()) {
            Derived.parent(shelf, each).ifPresent(parent -> parents.put(each, parent));
        }
        var standing = new ArrayList<Digest>();
        standing.add(chain);
        for (var i = 0; i < standing.size(); i++) {
            var below = standing.get(i);
            parents.forEach((child, parent) -> {
                if (parent.equals(below) && !standing.contains(child)) {
                    standing.add(child);
                }
            });
        }
        return standing;
    }
}
