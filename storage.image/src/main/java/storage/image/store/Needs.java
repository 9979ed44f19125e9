package storage.image.store;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import storage.api.Layer;
import storage.api.LayerId;
import storage.api.StorageException;
import storage.image.meta.Digest;
import storage.image.meta.ImageConfig;
import storage.image.meta.LayerEntry;
import storage.image.meta.ReadWrites;
import storage.image.shelf.Journal;
import storage.image.shelf.Quarantine;
import storage.image.shelf.Shelf;

/**
 * Who needs what, at one moment. Reading it fails if anything is damaged: what cannot be read may need anything, so
 * nothing is taken away then.
 */
final class Needs {
    private final Shelf shelf;
    private final Map<Digest, ImageConfig> images = new HashMap<>();
    private final Map<Digest, Digest> parents = new HashMap<>();
    private final Set<Digest> named = new HashSet<>();
    private final List<ReadWrites.Entry> readWrites = new ArrayList<>();
    private final Map<LayerId, Layer> layers = new LinkedHashMap<>();

    private Needs(Shelf shelf) {
        this.shelf = shelf;
    }

    static Needs read(Shelf shelf) throws IOException {
        var needs = new Needs(shelf);
        for (var id : shelf.images().ids()) {
            needs.images.put(id, shelf.images().config(id));
            shelf.images().parent(id).ifPresent(parent -> needs.parents.put(id, parent));
        }
        needs.named.addAll(shelf.names().all().values());
        shelf.layers().layers().forEach(layer -> needs.layers.put(layer.id(), layer));
        for (var entry : shelf.readWrites().entries()) {
            if (needs.layers.containsKey(entry.layer())) {
                needs.readWrites.add(entry);
            }
        }
        return needs;
    }

    /** Whether other images were built from one in this store. */
    boolean isParent(Digest id) {
        return parents.containsValue(id);
    }

    /** Whether an image can go: it has no name, no child and no read-write layer. */
    boolean isIdle(Digest id) {
        return images.containsKey(id)
                && !named.contains(id)
                && !isParent(id)
                && users(id).isEmpty();
    }

    /** Refuses to take an image away that read-write layers stand on. */
    void refuseUsed(Digest id) throws StorageException {
        var users = users(id);
        if (!users.isEmpty()) {
            throw Removal.used(id, users);
        }
    }

    /** The read-write layers that stand on an image. One that only tells its chain may stand on any image that has it. */
    private List<LayerId> users(Digest id) {
        var top = top(id);
        var shared = top.isPresent()
                && images.keySet().stream()
                        .anyMatch(other -> !other.equals(id) && top(other).equals(top));
        var told = new HashMap<LayerId, Optional<Digest>>();
        for (var entry : readWrites) {
            told.merge(entry.layer(), entry.image(), (one, other) -> one.or(() -> other));
        }
        var users = new ArrayList<LayerId>();
        told.forEach((layer, image) -> {
            if (image.isPresent() ? image.get().equals(id) : !shared && top.isPresent() && stands(layer, top.get())) {
                users.add(layer);
            }
        });
        if (!shared && top.isPresent()) {
            layers.values().stream()
                    .filter(layer -> layer.kind() == Layer.Kind.READ_WRITE && !told.containsKey(layer.id()))
                    .filter(layer -> layer.parent().isPresent()
                            && isLayerOf(layer.parent().get(), top.get()))
                    .forEach(layer -> users.add(layer.id()));
        }
        users.sort(null);
        return users;
    }

    private Optional<Digest> top(Digest id) {
        var config = images.get(id);
        if (config == null || config.diffIds().isEmpty()) {
            return Optional.empty();
        }
        var chains = config.chains();
        return Optional.of(chains.get(chains.size() - 1));
    }

    private boolean stands(LayerId layer, Digest top) {
        return readWrites.stream()
                .anyMatch(entry -> entry.layer().equals(layer)
                        && entry.chain().filter(top::equals).isPresent());
    }

    private boolean isLayerOf(LayerId layer, Digest chain) {
        try {
            return shelf.layerDb()
                    .entry(chain)
                    .filter(entry -> entry.layer().equals(layer))
                    .isPresent();
        } catch (StorageException e) {
            return true; // damaged: it may be
        }
    }

    /** An image is gone. */
    void drop(Digest id) {
        images.remove(id);
        named.remove(id);
        parents.remove(id);
        parents.values().removeIf(id::equals);
    }

    /** Takes all images away that can go, and those that can go then. */
    List<Digest> takeIdle() {
        var idle = new ArrayList<Digest>();
        for (var found = true; found; ) {
            found = false;
            for (var id : List.copyOf(images.keySet())) {
                if (isIdle(id)) {
                    drop(id);
                    idle.add(id);
                    found = true;
                }
            }
        }
        idle.sort(null);
        return idle;
    }

    /**
     * A layer that nothing needs.
     *
     * @param layer its id in the store
     * @param entry its record, if it has one
     * @param size in bytes, 0 if that is not known
     */
    record Unneeded(LayerId layer, Optional<LayerEntry> entry, long size) {}

    /**
     * Layers of images that nothing needs, children before parents; and layers that an engine or an import left without
     * a record. Layers that were made by hand, whose ids have another form, stay.
     */
    List<Unneeded> unneeded() throws IOException {
        var entries = new HashMap<Digest, LayerEntry>();
        shelf.layerDb().entries().forEach(entry -> entries.put(entry.chain(), entry));
        var needed = new HashSet<>(shelf.pinned(null));
        images.values().forEach(config -> needed.addAll(config.chains()));
        readWrites.forEach(entry -> entry.chain().ifPresent(needed::add));
        for (var chain : List.copyOf(needed)) {
            for (var entry = entries.get(chain); entry != null; ) {
                needed.add(entry.chain());
                entry = entry.parent().map(entries::get).orElse(null);
            }
        }
        var candidates = new HashMap<LayerId, Unneeded>();
        for (var entry : entries.values()) {
            if (!needed.contains(entry.chain())) {
                candidates.put(entry.layer(), new Unneeded(entry.layer(), Optional.of(entry), entry.size()));
            }
        }
        addOrphans(entries, needed, candidates);
        return childrenFirst(candidates);
    }

    private void addOrphans(Map<Digest, LayerEntry> entries, Set<Digest> needed, Map<LayerId, Unneeded> candidates)
            throws IOException {
        var known = new HashSet<LayerId>();
        for (var aside : Quarantine.layers(shelf)) {
            // an image still waits for it: its record may be put back by hand
            if (aside.chain()
                    .filter(chain -> needed.contains(chain) && !entries.containsKey(chain))
                    .isPresent()) {
                known.add(aside.layer());
            }
        }
        entries.values().forEach(entry -> known.add(entry.layer()));
        for (var entry : readWrites) {
            known.add(entry.layer());
            entry.init().ifPresent(known::add);
        }
        for (var file : shelf.room().alive()) {
            known.addAll(Journal.layers(file));
        }
        shelf.layerDb().takenOut().forEach(removed -> removed.layer().ifPresent(known::add));
        for (var layer : layers.values()) {
            if (layer.kind() == Layer.Kind.IMAGE && Digest.isHex(layer.id().value()) && !known.contains(layer.id())) {
                candidates.put(layer.id(), new Unneeded(layer.id(), Optional.empty(), 0));
            }
        }
    }

    /** Orders the candidates, and drops those that others stand on which are none. */
    private List<Unneeded> childrenFirst(Map<LayerId, Unneeded> candidates) {
        var children = new HashMap<LayerId, Set<LayerId>>();
        for (var layer : layers.values()) {
            layer.parent()
                    .ifPresent(parent -> children.computeIfAbsent(parent, key -> new HashSet<>())
                            .add(layer.id()));
        }
        var ordered = new ArrayList<Unneeded>();
        var done = new HashSet<LayerId>();
        for (var found = true; found; ) {
            found = false;
            for (var candidate : candidates.values().stream()
                    .sorted(java.util.Comparator.comparing(Unneeded::layer))
                    .toList()) {
                if (!done.contains(candidate.layer())
                        && done.containsAll(children.getOrDefault(candidate.layer(), Set.of()))) {
                    ordered.add(candidate);
                    done.add(candidate.layer());
                    found = true;
                }
            }
        }
        return ordered;
    }
}
