package storage.selector.migrate;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import storage.api.Layer;
import storage.api.Layer.State;
import storage.api.LayerId;
import storage.api.LayerStore;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.api.StoreInfo;
import storage.common.io.HomeLock;
import storage.linux.Syscalls;
import storage.selector.Migrations.Progress;
import storage.selector.Migrations.Request;
import storage.selector.Migrations.Result;
import storage.selector.Migrations.Unfinished;
import storage.selector.migrate.MigrationRecord.Entry;
import storage.selector.migrate.MigrationRecord.Phase;
import storage.selector.state.ActiveDriver;
import storage.selector.state.KeptHomes;

/**
 * The migrations of one root.
 *
 * <p>Both homes are open for writing, and so locked, from before the first change to after the last. If the process ends in
 * between:
 *
 * <ul>
 *   <li>While {@code storage/migration} says COPYING, the old home is the store, and may even be written to. The next
 *       call compares what was copied with what is there then.
 *   <li>Once it says SWITCHING, everything is there and verified. What follows can be done twice, and {@link #settle} does
 *       it, which every opening for writing calls first: so nobody writes to the old home any more.
 *   <li>ABANDONING is gone through again by the next call of anything here.
 * </ul>
 */
@SuppressWarnings("try") // locks are held, not used
public final class Migration {
    private final Syscalls linux;
    private final Path root;
    private final Homes homes;
    private final Steps steps;
    private final MigrationRecord record;

    public Migration(Syscalls linux, Path root, Homes homes, Steps steps) {
        this.linux = linux;
        this.root = root;
        this.homes = homes;
        this.steps = steps;
        this.record = new MigrationRecord(root);
    }

    /** @see storage.selector.Migrations#unfinished */
    public Optional<Unfinished> unfinished() throws IOException {
        return record.read().map(Migration::told);
    }

    private static Unfinished told(Entry entry) {
        return new Unfinished(entry.from(), entry.to());
    }

    /** Does what is left of a migration whose copies are all verified. */
    public void settle() throws IOException {
        if (record.read().filter(entry -> entry.phase() == Phase.SWITCHING).isPresent()) {
            try (var lock = lock()) {
                proceed(Map.of());
            }
        }
    }

    /** Brings to its end what has only one way to go. */
    private void proceed(Map<String, String> newOptions) throws IOException {
        var entry = record.read();
        if (entry.isPresent() && entry.get().phase() == Phase.SWITCHING) {
            switchOver(entry.get());
        } else if (entry.isPresent() && entry.get().phase() == Phase.ABANDONING) {
            removeCopies(entry.get(), newOptions);
        }
    }

    /** @see storage.selector.Migrations#migrate */
    public Result migrate(Request request, Progress progress) throws IOException {
        try (var lock = lock()) {
            proceed(request.newOptions());
            var from = homes.info(root, active().driver());
            var to = homes.info(root, request.to());
            refuse(from, to);
            Result result;
            try (var source = new FreeStore(homes, from, request.options()).open(request.patience())) {
                result = move(request, source, to, progress);
            }
            if (request.discardSource()) {
                new HomeRemoval(linux, homes).remove(from, request.options());
                steps.at("discarded");
            }
            return result;
        }
    }

    private ActiveDriver.Entry active() throws IOException {
        return new ActiveDriver(root).read().orElseThrow(() -> noStore(root));
    }

    /** What is told where there is nothing to move. */
    public static StorageException noStore(Path root) {
        return StorageException.of(
                Kind.NOT_FOUND,
                "There is no store at " + root,
                "Name its root with --root; 'storage drivers' shows what is there");
    }

    private void refuse(StoreInfo from, StoreInfo to) throws IOException {
        if (from.driver().equals(to.driver())) {
            throw StorageException.of(
                    Kind.INVALID, "The store at " + root + " is one of '" + to.driver() + "' already");
        }
        var begun = record.read();
        if (begun.isPresent()) {
            if (!begun.get().from().equals(from.driver()) || !begun.get().to().equals(to.driver())) {
                throw StorageException.of(
                        Kind.INVALID,
                        "A migration from '" + begun.get().from() + "' to '"
                                + begun.get().to() + "' was begun at this root and is not finished",
                        "Go on with 'storage migrate --to " + begun.get().to()
                                + "', or give it up with 'storage migrate --abandon'");
            }
            return;
        }
        if (KeptHomes.isKept(root, to.home().getFileName().toString())) {
            throw StorageException.of(
                    Kind.INVALID,
                    "The home of '" + to.driver() + "' is what an earlier migration left behind",
                    "Remove it with 'storage migrate --clean'");
        }
        var there = homes.layers(root, to.driver());
        if (there > 0) {
            throw StorageException.of(
                    Kind.INVALID,
                    "The home of '" + to.driver() + "', " + to.home() + ", holds " + there
                            + (there == 1 ? " layer" : " layers") + " of its own",
                    "Remove them with --driver " + to.driver() + ", or move the folder away");
        }
    }

    private Result move(Request request, LayerStore source, StoreInfo to, Progress progress) throws IOException {
        var notes = new ArrayList<String>();
        var layers = movable(source, notes);
        var entry = new Entry(source.info().driver(), to.driver(), Phase.COPYING);
        steps.at("begin");
        record.write(entry);
        steps.at("begun");
        var images = new ImageFolders(linux, source.info(), to);
        try (var target = homes.open(root, to.driver(), request.newOptions())) {
            var copies = new LayerCopy(source, target, request.dropOptions(), steps);
            var report = new Report(layers.size(), copies, progress);
            var family = new Family(layers);
            var there = reuse(family, target, copies, report);
            family.eachAfterItsParent(layer -> {
                if (!there.contains(layer.id())) {
                    report.begin("copying", layer);
                    copies.copy(layer);
                }
            });
            steps.at("copied");
            images.copy();
            steps.at("images copied");
            record.write(entry.in(Phase.SWITCHING));
            switchOver(entry);
            return new Result(
                    entry.from(),
                    entry.to(),
                    layers.size() - there.size(),
                    there.size(),
                    copies.bytes(),
                    !request.discardSource(),
                    notes);
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

    /** What an earlier call has copied and is still equal. The rest of what lies there is removed. */
    private Set<LayerId> reuse(Family wanted, LayerStore target, LayerCopy copies, Report report) throws IOException {
        var good = new HashSet<LayerId>();
        for (var layer : wanted.parentsFirst()) {
            if (target.exists(layer.id()) && layer.parent().map(good::contains).orElse(true)) {
                report.begin("comparing", layer);
                if (copies.isThere(layer)) {
                    good.add(layer.id());
                }
            }
        }
        HomeRemoval.removeLayers(target, layer -> !good.contains(layer.id()));
        return good;
    }

    private void switchOver(Entry entry) throws IOException {
        var from = homes.info(root, entry.from());
        var to = homes.info(root, entry.to());
        steps.at("switching");
        new ImageFolders(linux, from, to).place();
        steps.at("images placed");
        new ActiveDriver(root).moveTo(entry.to());
        steps.at("switched");
        KeptHomes.mark(from, entry.to());
        steps.at("marked");
        record.delete();
        steps.at("done");
    }

    /** @see storage.selector.Migrations#abandon */
    public Optional<Unfinished> abandon(Map<String, String> options) throws IOException {
        if (record.read().isEmpty()) {
            return Optional.empty();
        }
        try (var lock = lock()) {
            var entry = record.read();
            proceed(options);
            if (entry.isEmpty() || entry.get().phase() == Phase.SWITCHING) {
                return Optional.empty();
            }
            if (entry.get().phase() == Phase.COPYING) {
                record.write(entry.get().in(Phase.ABANDONING));
                removeCopies(entry.get(), options);
            }
            return entry.map(Migration::told);
        }
    }

    private void removeCopies(Entry entry, Map<String, String> options) throws IOException {
        var from = homes.info(root, entry.from());
        var to = homes.info(root, entry.to());
        steps.at("abandoning");
        new ImageFolders(linux, from, to).removeCopy();
        new HomeRemoval(linux, homes).remove(to, options);
        steps.at("removed");
        record.delete();
    }

    /** @see storage.selector.Migrations#clean */
    public List<String> clean(Map<String, String> options) throws IOException {
        if (KeptHomes.all(root).isEmpty()) {
            return List.of();
        }
        try (var lock = lock()) {
            proceed(Map.of());
            var inUse = new ActiveDriver(root).read().map(ActiveDriver.Entry::driver);
            var removed = new ArrayList<String>();
            for (var kept : KeptHomes.all(root)) {
                var info = homes.info(root, kept.driver());
                if (inUse.filter(kept.driver()::equals).isPresent()) {
                    KeptHomes.unmark(info);
                    continue;
                }
                new HomeRemoval(linux, homes).remove(info, HomeRemoval.of(info, options));
                removed.add(kept.driver());
            }
            return removed;
        }
    }

    /** One migration at a time. The folder is there: a root without it has no store. */
    private HomeLock lock() throws IOException {
        var folder = root.resolve("storage");
        if (!Files.isDirectory(folder)) {
            throw noStore(root);
        }
        return HomeLock.take(linux, folder.resolve("migration.lock"), "The root " + root);
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
