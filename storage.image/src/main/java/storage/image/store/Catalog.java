package storage.image.store;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import storage.api.LayerId;
import storage.api.StorageException;
import storage.image.ImageStore.Image;
import storage.image.ImageStore.Unusable;
import storage.image.ImageStore.Usage;
import storage.image.meta.Bad;
import storage.image.meta.Digest;
import storage.image.meta.ImageConfig;
import storage.image.meta.ImageName;
import storage.image.meta.LayerEntry;
import storage.image.meta.Shown;
import storage.image.shelf.Shelf;

/** What images there are. Reads the disk each time: another process, or an engine, may have written. */
final class Catalog {
    /** The shortest beginning of an id that is taken for one, in digits. */
    private static final int SHORTEST_ID = 4;

    private final Shelf shelf;

    Catalog(Shelf shelf) {
        this.shelf = shelf;
    }

    /** All images that can be used, named ones first, by name. */
    List<Image> images() throws StorageException {
        var names = names();
        var images = new ArrayList<Image>();
        for (var id : shelf.images().ids()) {
            try {
                images.add(image(id, names));
            } catch (StorageException e) {
                refuseUnlessDamaged(e);
            }
        }
        images.sort(Comparator.comparing((Image image) -> image.names().isEmpty())
                .thenComparing(
                        image -> image.names().isEmpty() ? "" : image.names().get(0))
                .thenComparing(Image::id));
        return images;
    }

    /** The images that are left out there: the others are to be seen all the same. */
    List<Unusable> unusable() throws StorageException {
        var names = names();
        var unusable = new ArrayList<Unusable>();
        for (var id : shelf.images().ids()) {
            try {
                image(id, names);
            } catch (StorageException e) {
                refuseUnlessDamaged(e);
                unusable.add(
                        new Unusable(id.toString(), List.copyOf(names.getOrDefault(id, List.of())), e.getMessage()));
            }
        }
        return unusable;
    }

    private static void refuseUnlessDamaged(StorageException e) throws StorageException {
        if (e.kind() != StorageException.Kind.DAMAGED && e.kind() != StorageException.Kind.NOT_FOUND) {
            throw e;
        }
    }

    /** One image. */
    Image image(Digest id) throws StorageException {
        return image(id, names());
    }

    private Image image(Digest id, Map<Digest, List<String>> names) throws StorageException {
        var config = shelf.images().config(id);
        var entries = entries(config);
        return new Image(
                id.toString(),
                List.copyOf(names.getOrDefault(id, List.of())),
                config.created().map(Shown::text),
                Shown.text(config.architecture()),
                Shown.text(config.os()),
                entries.stream().mapToLong(LayerEntry::size).sum(),
                config.diffIds().stream().map(Digest::toString).toList(),
                entries.stream().map(LayerEntry::layer).toList());
    }

    /**
     * The layers of an image, base first.
     *
     * @throws StorageException DAMAGED if one is missing
     */
    List<LayerEntry> entries(ImageConfig config) throws StorageException {
        var entries = new ArrayList<LayerEntry>();
        for (var chain : config.chains()) {
            entries.add(shelf.layerDb()
                    .entry(chain)
                    .orElseThrow(() -> Bad.record(
                            "Image %s needs the layer chain %s, which is missing; importing it again brings it back",
                            config.id().brief(), chain.brief())));
        }
        return entries;
    }

    /** Names with a tag by image; those that pulled images have by digest are left out. */
    Map<Digest, List<String>> names() throws StorageException {
        var names = new HashMap<Digest, List<String>>();
        shelf.names().all().forEach((reference, id) -> {
            if (reference.indexOf('@') < 0) {
                names.computeIfAbsent(id, key -> new ArrayList<>()).add(reference);
            }
        });
        return names;
    }

    /** The name that a reference is, if an image has it. */
    Optional<ImageName> name(String reference) throws StorageException {
        var name = ImageName.find(reference);
        return name.isPresent() && shelf.names().get(name.get()).isPresent() ? name : Optional.empty();
    }

    /** The image that a reference means. */
    Digest resolve(String reference) throws StorageException {
        var name = name(reference);
        if (name.isPresent()) {
            return shelf.names().get(name.get()).orElseThrow();
        }
        var pulled = Optional.ofNullable(shelf.names().all().get(reference));
        if (pulled.isPresent()) {
            return pulled.get();
        }
        var digits = reference.startsWith("sha256:") ? reference.substring(7) : reference;
        if (!digits.matches("[0-9a-f]{" + SHORTEST_ID + ",64}")) {
            throw missing(reference);
        }
        var found = shelf.images().ids().stream()
                .filter(id -> id.hex().startsWith(digits))
                .toList();
        if (found.size() > 1) {
            throw Bad.request("%s is the beginning of %d image ids: write more of it", reference, found.size());
        }
        if (found.isEmpty()) {
            throw missing(reference);
        }
        return found.get(0);
    }

    private static StorageException missing(String reference) {
        return Bad.missing("There is no image " + Shown.text(reference), "List them with 'storage images'");
    }

    /** Shared and own bytes of every image. */
    List<Usage> usage() throws StorageException {
        var images = images();
        var users = new HashMap<LayerId, Integer>();
        for (var image : images) {
            image.layers().forEach(layer -> users.merge(layer, 1, Integer::sum));
        }
        var usage = new ArrayList<Usage>();
        for (var image : images) {
            var shared = 0L;
            var unique = 0L;
            for (var entry : entries(shelf.images().config(Digest.parse(image.id(), "The image")))) {
                if (users.get(entry.layer()) > 1) {
                    shared += entry.size();
                } else {
                    unique += entry.size();
                }
            }
            usage.add(new Usage(image, shared, unique));
        }
        return usage;
    }
}
