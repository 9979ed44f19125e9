package storage.selector.migrate;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
 * <p>What moves a store is {@link Move}. If the process ends within it:
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
    final Syscalls linux;
    private final Path root;
    final Homes homes;
    final Steps steps;
    final MigrationRecord record;

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
        try (var move = begin(request, progress)) {
            return move.finish();
        }
    }

    /** Begins a migration, if there can be one. Nothing is on disk yet. */
    public Move begin(Request request, Progress progress) throws IOException {
        var lock = lock();
        try {
            proceed(request.newOptions());
            var from = homes.info(root, active().driver());
            var to = homes.info(root, request.to());
            refuse(from, to);
            return new Move(this, lock, request, from, to, progress);
        } catch (IOException | RuntimeException e) {
            try (lock) {
                throw e;
            }
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

    /** Makes the copy the store. */
    void switchOver(Entry entry) throws IOException {
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
                giveUp(entry.get(), options);
            }
            return entry.map(Migration::told);
        }
    }

    /** Removes what has been copied by a migration that has not come to its switch; of others nothing. */
    public void removeCopies() throws IOException {
        try (var lock = lock()) {
            var entry = record.read();
            if (entry.isPresent() && entry.get().phase() == Phase.COPYING) {
                giveUp(entry.get(), Map.of());
            }
        }
    }

    private void giveUp(Entry entry, Map<String, String> options) throws IOException {
        record.write(entry.in(Phase.ABANDONING));
        removeCopies(entry, options);
    }

    private void removeCopies(Entry entry, Map<String, String> options) throws IOException {
        var from = homes.info(root, entry.from());
        var to = homes.info(root, entry.to());
        steps.at("abandoning");
        new ImageFolders(linux, from, to).removeCopy();
        // the folder of images that may lie at its place was there before
        new HomeRemoval(linux, homes).removeLayersAndState(to, options);
        steps.at("removed");
        record.delete();
    }

    /** The driver of the store. */
    String driver() throws IOException {
        return active().driver();
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
}
