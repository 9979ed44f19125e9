package storage.selector.migrate;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
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
 * One migration, from its lock to its end. {@link #finish} does all of it, or what {@link #ahead} has left; both homes are open
 * for writing then, and so locked, from before the first change to after the last.
 */
public final class Move implements AutoCloseable {
    private final Migration migration;
    private final HomeLock lock;
    private final Request request;
    private final StoreInfo from;
    private final StoreInfo to;
    private final Progress progress;
    /** What has been copied and compared while the store was in use. */
    private final Map<LayerId, Layer> ahead = new ConcurrentHashMap<>();

    /** Those of them that no earlier call had copied. */
    private final Set<LayerId> copied = ConcurrentHashMap.newKeySet();

    private Duration patience;
    private long bytesAhead;
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

    /**
     * Copies the images of a store that others work in, through the store itself: they do not change any more. Images that
     * come and go meanwhile, and all that can be written to, are left to {@link #finish}. Then waits for layers in use as long
     * as the request says, because nobody can let go of them while the store is closed.
     *
     * @throws StorageException IN_USE with the list of layers in use; at once if there is no wait
     */
    public void ahead(LayerStore live) throws IOException {
        if (patience.isZero()) {
            FreeStore.await(live, patience);
        }
        // through a store that maps ids, others would be seen than lie on disk
        if (live.info().idMaps().equals(IdMaps.IDENTITY)) {
            copyAhead(live, new Family(images(live)));
        }
        FreeStore.await(live, patience);
        patience = Duration.ZERO;
    }

    private void copyAhead(LayerStore live, Family images) throws IOException {
        begin();
        var copies = copies(live);
        var report = new Report(images.parentsFirst().size(), copies, progress);
        var there = reuse(images, copies, report);
        images.eachAfterItsParent(layer -> {
            if (!there.contains(layer.id())) {
                if (isLeftForLater(layer, live)) {
                    return;
                }
                report.begin("copying", layer);
                if (!copy(layer, live, copies)) {
                    return;
                }
                copied.add(layer.id());
            }
            ahead.put(layer.id(), layer);
        });
        bytesAhead = copies.bytes();
    }

    /** A layer that has gone meanwhile, or whose parent has not been copied. */
    private boolean isLeftForLater(Layer layer, LayerStore live) throws StorageException {
        var parent = layer.parent();
        return !live.exists(layer.id()) || parent.isPresent() && !ahead.containsKey(parent.get());
    }

    /** Answers false for one that is removed meanwhile; what was copied of it goes at the end. */
    private static boolean copy(Layer layer, LayerStore live, LayerCopy copies) throws IOException {
        try {
            copies.copy(layer);
            return true;
        } catch (StorageException e) {
            if (live.exists(layer.id())) {
                throw e;
            }
            return false;
        }
    }

    /** Complete images that stand on nothing but such. */
    private static List<Layer> images(LayerStore live) throws StorageException {
        Map<LayerId, Layer> images = new LinkedHashMap<>();
        for (var layer : new Family(live.layers()).parentsFirst()) {
            var stands = layer.parent().map(images::containsKey).orElse(true);
            if (stands && layer.kind() == Layer.Kind.IMAGE && layer.state() == State.COMPLETE) {
                images.put(layer.id(), layer);
            }
        }
        return List.copyOf(images.values());
    }

    /** Moves the store; what had to be moved is on disk on return, and everything is closed, also if it fails. */
    public Result finish() throws IOException {
        return finish(Set.of());
    }

    /** @param removed the layers that were removed since {@link #ahead} began: what has their ids now may be another */
    public Result finish(Set<LayerId> removed) throws IOException {
        removed.forEach(ahead::remove);
        copied.retainAll(ahead.keySet());
        try (this) {
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
        var there = reuse(family, copies, report);
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

    private boolean isAhead(Layer layer) {
        return layer.equals(ahead.get(layer.id()));
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

    /** What was copied before and is still equal. The rest of what lies there is removed. */
    private Set<LayerId> reuse(Family wanted, LayerCopy copies, Report report) throws IOException {
        var good = new HashSet<LayerId>();
        for (var layer : wanted.parentsFirst()) {
            if (target.exists(layer.id()) && layer.parent().map(good::contains).orElse(true)) {
                report.begin(isAhead(layer) ? "keeping" : "comparing", layer);
                if (isAhead(layer) || copies.isThere(layer)) {
                    good.add(layer.id());
                }
            }
        }
        HomeRemoval.removeLayers(target, layer -> !good.contains(layer.id()));
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
