package storage.image.store;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import storage.api.LayerId;
import storage.api.StorageException;
import storage.image.ImageStore.Pruned;
import storage.image.meta.Digest;
import storage.image.meta.LayerDb;
import storage.image.meta.LayerEntry;
import storage.image.shelf.Shelf;

/** Takes images and layers away, but nothing that something else needs. */
final class Removal {
    private final Shelf shelf;
    private final Catalog catalog;

    Removal(Shelf shelf, Catalog catalog) {
        this.shelf = shelf;
        this.catalog = catalog;
    }

    /** Takes away a name, or with the last one the image. */
    Pruned delete(String reference, boolean force) throws IOException {
        var chains = new HashSet<Digest>();
        var plan = shelf.room().locked(() -> {
            var needs = Needs.read(shelf);
            var id = catalog.resolve(reference);
            var name = catalog.name(reference);
            var names = catalog.names().getOrDefault(id, List.of());
            if (name.isPresent() && (names.size() > 1 || needs.isParent(id))) {
                shelf.names().drop(List.of(name.get().toString()));
                return List.<Digest>of();
            }
            if (!force) {
                needs.refuseUsed(id);
                refuseNamed(id, name.isPresent(), names, needs);
            }
            return dropWithParents(id, needs, chains);
        });
        if (plan.isEmpty()) {
            return new Pruned(List.of(), List.of(), 0);
        }
        return layers(
                plan,
                layer -> layer.entry()
                        .filter(entry -> chains.contains(entry.chain()))
                        .isPresent());
    }

    private static void refuseNamed(Digest id, boolean byName, List<String> names, Needs needs)
            throws StorageException {
        if (!byName && names.size() > 1) {
            throw inUse(
                    "Image %s has %d names: %s".formatted(id.brief(), names.size(), String.join(", ", names)),
                    "Delete it by each name, or insist with --force");
        }
        if (needs.isParent(id)) {
            throw inUse(
                    "Image %s is the base that other images were built from here".formatted(id.brief()),
                    "Delete those first, or insist with --force");
        }
    }

    private static StorageException inUse(String message, String advice) {
        return StorageException.of(StorageException.Kind.IN_USE, message, advice);
    }

    /** Drops an image, and those without a name that it was built from, as long as nothing else needs them. */
    private List<Digest> dropWithParents(Digest first, Needs needs, Set<Digest> chains) throws IOException {
        var dropped = new ArrayList<Digest>();
        for (var id = Optional.of(first); id.isPresent(); ) {
            var parent = shelf.images().parent(id.get());
            chains.addAll(shelf.images().config(id.get()).chains());
            drop(id.get());
            needs.drop(id.get());
            dropped.add(id.get());
            id = parent.filter(needs::isIdle);
        }
        return dropped;
    }

    private void drop(Digest id) throws IOException {
        var references = new ArrayList<String>();
        shelf.names().all().forEach((reference, image) -> {
            if (image.equals(id)) {
                references.add(reference);
            }
        });
        if (!references.isEmpty()) {
            shelf.names().drop(references);
        }
        shelf.images().remove(id);
    }

    /** Takes away, or only lists, what nothing needs. */
    Pruned prune(boolean dryRun) throws IOException {
        var idle = shelf.room().locked(() -> {
            var needs = Needs.read(shelf);
            var all = needs.takeIdle();
            if (!dryRun) {
                for (var id : all) {
                    drop(id);
                }
            }
            return new Plan(all, needs.unneeded());
        });
        if (dryRun) {
            return told(idle.images, idle.layers);
        }
        return layers(idle.images, layer -> true);
    }

    private record Plan(List<Digest> images, List<Needs.Unneeded> layers) {}

    private static Pruned told(List<Digest> images, List<Needs.Unneeded> layers) {
        return new Pruned(
                images.stream().map(Digest::toString).toList(),
                layers.stream().map(Needs.Unneeded::layer).toList(),
                layers.stream().mapToLong(Needs.Unneeded::size).sum());
    }

    /** Removes the layers that nothing needs now, children first, each taken out of the database before. */
    private Pruned layers(List<Digest> images, Predicate<Needs.Unneeded> chosen) throws IOException {
        var taken = shelf.room().locked(() -> {
            var out = new ArrayList<Taken>();
            for (var layer : Needs.read(shelf).unneeded()) {
                if (chosen.test(layer)) {
                    out.add(new Taken(layer, takeOut(layer.entry())));
                }
            }
            return out;
        });
        var removed = new ArrayList<Needs.Unneeded>();
        StorageException failure = null;
        for (var each : taken) {
            try {
                remove(each);
                removed.add(each.layer);
            } catch (StorageException e) {
                if (each.record.isPresent()) {
                    shelf.restore(each.record.get());
                }
                if (e.kind() != StorageException.Kind.IN_USE && e.kind() != StorageException.Kind.HAS_CHILDREN) {
                    failure = e;
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
        return told(images, removed);
    }

    private Optional<LayerDb.Removed> takeOut(Optional<LayerEntry> entry) throws IOException {
        return entry.isPresent() ? Optional.of(shelf.takeOut(entry.get())) : Optional.empty();
    }

    private void remove(Taken taken) throws IOException {
        shelf.removeLayer(taken.layer.layer());
        if (taken.record.isPresent()) {
            shelf.forget(taken.record.get());
        }
    }

    private record Taken(Needs.Unneeded layer, Optional<LayerDb.Removed> record) {}

    static StorageException used(Digest id, List<LayerId> layers) {
        return inUse(
                "Image %s is in use by %s"
                        .formatted(
                                id.brief(),
                                layers.stream()
                                        .map(LayerId::value)
                                        .reduce((a, b) -> a + ", " + b)
                                        .orElse("")),
                "Remove those layers first");
    }
}
