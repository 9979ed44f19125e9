package storage.image.store;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import storage.api.Layer;
import storage.api.LayerId;
import storage.api.StorageException;
import storage.common.io.Pump;
import storage.image.ImageStore.Progress;
import storage.image.meta.Bad;
import storage.image.meta.Digest;
import storage.image.meta.ImageConfig;
import storage.image.meta.ImageName;
import storage.image.meta.Json;
import storage.image.meta.LayerEntry;
import storage.image.shelf.Intake;
import storage.image.shelf.Journal;
import storage.image.shelf.Shelf;
import storage.image.shelf.Undo;

/** Makes images of read-write layers. */
final class Committer {
    /** What a configuration says of the container that it was built in, or of a cache: no longer true of its child. */
    private static final List<String> STALE = List.of(
            "id",
            "parent",
            "comment",
            "container",
            "container_config",
            "moby.buildkit.buildinfo.v1",
            "moby.buildkit.cache.v0");

    private final Shelf shelf;
    private final Catalog catalog;
    private final Intake intake;
    private final Undo undo;

    Committer(Shelf shelf, Catalog catalog) {
        this.shelf = shelf;
        this.catalog = catalog;
        intake = new Intake(shelf);
        undo = new Undo(shelf);
    }

    /** Makes the image and answers its id. */
    Digest run(LayerId id, String text, Map<String, String> changes, Progress progress) throws IOException {
        var name = ImageName.parse(text);
        var layer = shelf.layers()
                .layer(id)
                .orElseThrow(() -> Bad.missing("There is no layer " + id, "List them with 'storage ls'"));
        if (layer.kind() != Layer.Kind.READ_WRITE) {
            throw Bad.request("Layer %s is part of an image already: only read-write layers can be committed", id);
        }
        var base = base(layer);
        var below = base.isPresent() ? shelf.layerDb().of(base.get()) : Optional.<LayerEntry>empty();
        if (base.isPresent() && below.isEmpty()) {
            throw StorageException.of(
                            StorageException.Kind.INVALID,
                            "Layer %s stands on %s, which is no layer of an image".formatted(id, base.get()),
                            "Commit %s first and make the layer from that image, carrying the changes over with"
                                            .formatted(base.get())
                                    + " 'storage diff' and 'storage apply'")
                    .forLayer(id);
        }
        var parent = parent(id, below);
        var tree = tree(parent, below);
        apply(changes, (ObjectNode) tree.get("config"));
        return commit(layer, name, parent, below, tree, progress);
    }

    /** The layer of an image that a layer stands on; what the engine puts between is passed over. */
    private Optional<LayerId> base(Layer layer) throws StorageException {
        var below = layer.parent();
        while (below.isPresent() && below.get().value().endsWith("-init")) {
            below = shelf.layers().layer(below.get()).flatMap(Layer::parent);
        }
        return below;
    }

    /** The image that the layer was made from: by record, else any that shows the same. */
    private Optional<Digest> parent(LayerId id, Optional<LayerEntry> below) throws StorageException {
        var recorded = shelf.readWrites().entries().stream()
                .filter(entry -> entry.layer().equals(id))
                .flatMap(entry -> entry.image().stream())
                .filter(shelf.images()::has)
                .findFirst();
        if (recorded.isPresent() || below.isEmpty()) {
            return recorded;
        }
        for (var image : catalog.images()) {
            if (image.top().equals(below.map(LayerEntry::layer))) {
                return Digest.find(image.id());
            }
        }
        return Optional.empty();
    }

    private ObjectNode tree(Optional<Digest> parent, Optional<LayerEntry> below) throws StorageException {
        if (parent.isPresent()) {
            var tree = Json.object(shelf.images().bytes(parent.get()), "The configuration");
            tree.remove(STALE);
            if (!tree.path("config").isObject()) {
                tree.putObject("config");
            }
            if (!tree.path("history").isArray()) {
                tree.putArray("history");
            }
            return tree;
        }
        var tree = Json.newObject();
        var host = storage.image.source.Sources.hostArchitecture();
        tree.put("architecture", host).put("os", "linux").putObject("config");
        tree.putArray("history");
        var diffs = tree.putObject("rootfs").put("type", "layers").putArray("diff_ids");
        chain(below).forEach(entry -> diffs.add(entry.diff().toString()));
        return tree;
    }

    /** A layer and all below it, base first. */
    private List<LayerEntry> chain(Optional<LayerEntry> top) throws StorageException {
        var chain = new ArrayList<LayerEntry>();
        for (var entry = top; entry.isPresent(); ) {
            chain.add(0, entry.get());
            var parent = entry.get().parent();
            entry = parent.isPresent() ? shelf.layerDb().entry(parent.get()) : Optional.empty();
        }
        return chain;
    }

    private static void apply(Map<String, String> changes, ObjectNode config) throws StorageException {
        for (var change : changes.entrySet()) {
            var value = Json.value(change.getValue(), "The value of " + change.getKey());
            ConfigField.check(change.getKey(), value);
            if (value.isNull() || value.isMissingNode()) {
                config.remove(change.getKey());
            } else {
                config.set(change.getKey(), value);
            }
        }
    }

    private Digest commit(
            Layer layer,
            ImageName name,
            Optional<Digest> parent,
            Optional<LayerEntry> below,
            ObjectNode tree,
            Progress progress)
            throws IOException {
        var chains =
                chain(below).stream().map(entry -> entry.chain().toString()).toList();
        var journal = shelf.room()
                .locked(() -> shelf.journal(new Journal.Content("", List.of(name.toString()), chains, List.of())));
        try {
            var entry = intake.add(journal, below, new Changes(layer, progress));
            var isEmpty = entry.diff().equals(Digest.EMPTY_TAR);
            var bytes = configuration(tree, layer.id(), isEmpty ? Optional.empty() : Optional.of(entry));
            var id = ImageConfig.parse(bytes).id();
            shelf.room().locked(() -> {
                journal.image(id.toString());
                shelf.images().add(id, bytes);
                if (parent.isPresent()) {
                    shelf.images().parent(id, parent.get());
                }
                shelf.images().touch(id);
                shelf.names().put(name, id);
                return null;
            });
            if (isEmpty) {
                undo.run(journal, new IOException("The commit changed nothing"));
            } else {
                journal.end();
            }
            return id;
        } catch (IOException | RuntimeException | Error e) {
            undo.run(journal, e);
            throw e;
        }
    }

    /** The new configuration; without a layer if nothing was changed, as the engine does it. */
    private static byte[] configuration(ObjectNode tree, LayerId layer, Optional<LayerEntry> added)
            throws StorageException {
        var now = DateTimeFormatter.ISO_OFFSET_DATE_TIME.format(OffsetDateTime.now(ZoneOffset.UTC));
        tree.put("created", now);
        var step = ((ArrayNode) tree.get("history")).addObject();
        step.put("created", now).put("created_by", "storage commit " + layer);
        if (added.isPresent()) {
            var rootfs = tree.withObjectProperty("rootfs");
            rootfs.put("type", "layers");
            rootfs.withArrayProperty("diff_ids").add(added.get().diff().toString());
        } else {
            step.put("empty_layer", true);
        }
        return Json.bytes(tree);
    }

    /** The changes of a layer as an archive. */
    private final class Changes implements Intake.Archive {
        private final Layer layer;
        private final Progress progress;
        private Difference last;

        Changes(Layer layer, Progress progress) {
            this.layer = layer;
            this.progress = progress;
        }

        @Override
        public InputStream open() {
            var pump = new Pump("storage-diff", out -> shelf.layers().diff(layer.id(), layer.parent(), out));
            last = new Difference(pump, "changes of " + layer.id(), progress);
            return last;
        }

        @Override
        public Digest digest() {
            return last.digest();
        }
    }

    /** An archive whose digest is known at its end. */
    private static final class Difference extends FilterInputStream {
        private final MessageDigest hasher = Digest.hasher("sha256");
        private final String step;
        private final Progress progress;
        private long done;
        private Digest digest;

        Difference(InputStream in, String step, Progress progress) {
            super(in);
            this.step = step;
            this.progress = progress;
        }

        @Override
        public int read() throws IOException {
            var one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            var count = super.read(bytes, offset, length);
            if (count > 0) {
                hasher.update(bytes, offset, count);
                done += count;
            }
            progress.at(step, done, -1);
            return count;
        }

        @Override
        public long skip(long count) throws IOException {
            return readNBytes((int) Math.min(count, 8192)).length;
        }

        Digest digest() {
            if (digest == null) {
                digest = Digest.of("sha256", hasher.digest());
            }
            return digest;
        }
    }
}
