package storage.selector.migrate;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import storage.api.IdMaps;
import storage.api.Layer;
import storage.api.Layer.State;
import storage.api.LayerId;
import storage.api.LayerStore;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.api.StoreInfo;
import storage.common.io.HomeLock;
import storage.selector.Migrations.Progress;
import storage.selector.Migrations.Request;
import storage.selector.Migrations.Result;
import storage.selector.migrate.MigrationRecord.Entry;
import storage.selector.migrate.MigrationRecord.Phase;

/**
 * One migration, from its lock to its end. {@link #finish} does all of it, or what {@link #ahead} has left: both homes are open
 * for writing then, and so locked, until the store is the new one.
 *
 * <p>What was copied ahead counts at the end only if the original's record is what it was before the copy. That holds whoever
 * has changed the layer, and by whatever call.
 */
public final class Move implements AutoCloseable {
    private final Migration migration;
    private final HomeLock lock;
    private final Request request;
    private final StoreInfo from;
    private final StoreInfo to;
    private final Progress progress;
    /** What has been copied and compared while the store was in use, with the originals' stamps. */
    private final Map<Layer, LayerStamp> ahead = new ConcurrentHashMap<>();
    /** Those of them that no earlier call had copied. */
    private final Set<LayerId> copied = ConcurrentHashMap.newKeySet();

    private Duration patience;
    private long bytesAhead;
    private boolean first;
    /** Null until something is copied, and when it is closed. */
    private LayerStore target;

    Move(Migration migration, HomeLock lock, Request request, StoreInfo from, StoreInfo to, Progress progress) {
        this.migration = migration;
        this.lock = lock;
        this.request = request;
        this.from = from;
        this.to = to;
        this.progress = progress;
        this.patience = request.patience();
    }

    /** Whether this call was the first to put anything on disk, and no earlier one. */
    public boolean isFirst() {
        return first;
    }

    /**
     * Copies the images of a store that others work in, through the store itself: once filled they do not change any more.
     * Those that come, change and go meanwhile, and all that can be written to, are left to {@link #finish}. Then waits for
     * layers in use as long as the request says, because nobody can let go of them while the store is closed.
     *
     * @throws StorageException IN_USE with the list of layers in use; at once if there is no wait
     */
    public void ahead(LayerStore live) throws IOException {
        requireDriver(live.info().driver());
        if (patience.isZero()) {
            FreeStore.await(live, patience);
        }
        movable(live, new ArrayList<>());
        // through a store that maps ids, others would be seen than lie on disk
        if (live.info().idMaps().equals(IdMaps.IDENTITY)) {
            begin();
            new Ahead(live).copy();
        }
        FreeStore.await(live, patience);
        patience = Duration.ZERO;
    }

    /** The copying of what does not change, while others work in the store. */
    private final class Ahead {
        private final LayerStore live;
        private final LayerCopy copies;

        Ahead(LayerStore live) {
            this.live = live;
            this.copies = copies(live);
        }

        void copy() throws IOException {
            var layers = live.layers();
            var images = images(layers);
            Map<Layer, LayerStamp> stamps = new HashMap<>();
            for (var image : images) {
                stamps.put(image, LayerStamp.of(from, image.id()));
            }
            var report = new Report(images.size(), copies, progress);
            var family = new Family(images);
            var changing = Set.copyOf(layers.stream()
                    .filter(layer -> layer.kind() == Layer.Kind.READ_WRITE)
                    .toList());
            var there = reuse(
                    family,
                    changing,
                    report,
                    layer -> unlessChanged(layer, stamps.get(layer), () -> copies.isThere(layer)));
            family.eachAfterItsParent(layer -> {
                var stamp = stamps.get(layer);
                if (!there.contains(layer.id())) {
                    if (!stands(layer)) {
                        return;
                    }
                    report.begin("copying", layer);
                    if (!unlessChanged(layer, stamp, () -> copy(layer))) {
                        return;
                    }
                    copied.add(layer.id());
                }
                ahead.put(layer, stamp);
            });
            bytesAhead = copies.bytes();
        }

        /** Whether its parent has been copied. */
        private boolean stands(Layer layer) {
            return layer.parent()
                    .map(parent ->
                            ahead.keySet().stream().anyMatch(each -> each.id().equals(parent)))
                    .orElse(true);
        }

        private boolean copy(Layer layer) throws IOException {
            copies.copy(layer);
            return true;
        }

        /**
         * Answers false, whatever fails, for a layer that changes or goes meanwhile; what was copied of it is seen to at the
         * end.
         */
        private boolean unlessChanged(Layer layer, LayerStamp stamp, Look look) throws IOException {
            try {
                return look.at();
            } catch (StorageException e) {
                if (isUnchanged(layer, stamp)) {
                    throw e;
                }
                return false;
            }
        }

        private boolean isUnchanged(Layer layer, LayerStamp stamp) throws IOException {
            return live.exists(layer.id()) && stamp.equals(LayerStamp.of(from, layer.id()));
        }
    }

    /** Complete images that stand on nothing but such. */
    private static List<Layer> images(List<Layer> layers) {
        Map<LayerId, Layer> images = new LinkedHashMap<>();
        for (var layer : new Family(layers).parentsFirst()) {
            var stands = layer.parent().map(images::containsKey).orElse(true);
            if (stands && layer.kind() == Layer.Kind.IMAGE && layer.state() == State.COMPLETE) {
                images.put(layer.id(), layer);
            }
        }
        return List.copyOf(images.values());
    }

    /** Elsewhere the store has moved, or is served still although it has. */
    private void requireDriver(String driver) throws StorageException {
        if (!driver.equals(from.driver())) {
            throw StorageException.of(
                    Kind.IN_USE,
                    "The store at " + from.root() + " is one of '" + driver + "' now, and not of '" + from.driver()
                            + "' any more",
                    "Begin again");
        }
    }

    /** Moves the store; what had to be moved is on disk on return, and everything is closed, also if it fails. */
    public Result finish() throws IOException {
        try (this) {
            requireDriver(migration.driver());
            Result result;
            try (var source = new FreeStore(migration.homes, from, request.options()).open(patience)) {
                result = move(source);
            }
            if (request.discardSource()) {
                closeTarget();
                new HomeRemoval(migration.linux, migration.homes).remove(from, request.options());
                migration.steps.at("discarded");
            }
            return result;
        }
    }

    /** From here on something is on disk. */
    private void begin() throws IOException {
        if (target == null) {
            migration.steps.at("begin");
            first = migration.record.read().isEmpty();
            migration.record.write(entry());
            migration.steps.at("begun");
            target = migration.homes.open(from.root(), to.driver(), request.newOptions());
        }
    }

    private Entry entry() {
        return new Entry(from.driver(), to.driver(), Phase.COPYING);
    }

    private LayerCopy copies(LayerStore source) {
        return new LayerCopy(source, target, request.dropOptions(), migration.steps);
    }

    private Result move(LayerStore source) throws IOException {
        var notes = new ArrayList<String>();
        var layers = movable(source, notes);
        begin();
        var images = new ImageFolders(migration.linux, source.info(), to);
        var copies = copies(source);
        var report = new Report(layers.size(), copies, progress);
        var family = new Family(layers);
        dropChanged();
        var there = reuse(family, Set.of(), report, layer -> ahead.containsKey(layer) || copies.isThere(layer));
        family.eachAfterItsParent(layer -> {
            if (!there.contains(layer.id())) {
                report.begin("copying", layer);
                copies.copy(layer);
            }
        });
        migration.steps.at("copied");
        images.copy();
        migration.steps.at("images copied");
        migration.record.write(entry().in(Phase.SWITCHING));
        migration.switchOver(entry());
        var reused = (int) there.stream().filter(id -> !copied.contains(id)).count();
        return new Result(
                from.driver(),
                to.driver(),
                layers.size() - reused,
                reused,
                bytesAhead + copies.bytes(),
                !request.discardSource(),
                notes);
    }

    /** The store is closed to others now. */
    private void dropChanged() throws IOException {
        for (var each : Map.copyOf(ahead).entrySet()) {
            var id = each.getKey().id();
            if (!each.getValue().equals(LayerStamp.of(from, id))) {
                ahead.remove(each.getKey());
                copied.remove(id);
            }
        }
    }

    /** The layers that are to be moved; those that cannot be are listed. */
    private static List<Layer> movable(LayerStore source, List<String> notes) throws StorageException {
        var layers = source.layers();
        var orphans = layers.stream()
                .filter(layer -> layer.state() == State.UNKNOWN_PARENT)
                .map(layer -> layer.id().value())
                .toList();
        if (!orphans.isEmpty()) {
            throw StorageException.of(
                    Kind.NOT_SUPPORTED,
                    "The parents of these layers are not known, so they cannot be moved: " + String.join(", ", orphans),
                    "Run 'storage check --repair', or remove them with 'storage rm'");
        }
        layers.stream()
                .filter(layer -> layer.state() == State.INCOMPLETE)
                .forEach(layer ->
                        notes.add("Layer " + layer.id() + " was never completed and was left in the old home"));
        return layers.stream().filter(layer -> layer.state() == State.COMPLETE).toList();
    }

    /** Something that is done with a layer of a store in use. */
    @FunctionalInterface
    private interface Look {
        boolean at() throws IOException;
    }

    /** Compares a layer with what lies in the new home. */
    @FunctionalInterface
    private interface Comparison {
        boolean isSame(Layer layer) throws IOException;
    }

    /**
     * What was copied before and is still equal. The rest of what lies there is removed.
     *
     * @param later layers that nothing is known of yet: copies of them stay, if they stand on something that does
     */
    private Set<LayerId> reuse(Family wanted, Set<Layer> later, Report report, Comparison comparison)
            throws IOException {
        var good = new HashSet<LayerId>();
        for (var layer : wanted.parentsFirst()) {
            if (target.exists(layer.id()) && layer.parent().map(good::contains).orElse(true)) {
                report.begin(ahead.containsKey(layer) ? "keeping" : "comparing", layer);
                if (comparison.isSame(layer)) {
                    good.add(layer.id());
                }
            }
        }
        var kept = new HashSet<>(good);
        for (var layer : new Family(target.layers()).parentsFirst()) {
            if (later.contains(layer) && layer.parent().map(kept::contains).orElse(true)) {
                kept.add(layer.id());
            }
        }
        HomeRemoval.removeLayers(target, layer -> !kept.contains(layer.id()));
        return good;
    }

    private void closeTarget() throws IOException {
        if (target != null) {
            var open = target;
            target = null;
            open.close();
        }
    }

    @Override
    public void close() throws IOException {
        try (lock) {
            closeTarget();
        }
    }

    /** Tells how far the work is, one line after the other. */
    private static final class Report {
        private final int layers;
        private final LayerCopy copies;
        private final Progress progress;
        private int begun;

        Report(int layers, LayerCopy copies, Progress progress) {
            this.layers = layers;
            this.copies = copies;
            this.progress = progress;
        }

        synchronized void begin(String what, Layer layer) {
            begun = Math.min(layers, begun + 1);
            progress.at("layer " + begun + " of " + layers + ": " + what + " " + layer.id(), copies.bytes());
        }
    }
}
