package storage.image.store;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import storage.common.archive.ArchiveLimits;
import storage.image.ImageStore.ImportOptions;
import storage.image.ImageStore.Progress;
import storage.image.meta.Bad;
import storage.image.meta.Digest;
import storage.image.meta.ImageName;
import storage.image.meta.LayerEntry;
import storage.image.shelf.Intake;
import storage.image.shelf.Journal;
import storage.image.shelf.Shelf;
import storage.image.shelf.Undo;
import storage.image.source.IncomingImage;
import storage.image.source.Members;
import storage.image.source.Sources;

/** Brings images in, layer by layer; a chain that is there already is used as it is. */
final class Importer {
    private final Shelf shelf;
    private final Intake intake;
    private final Undo undo;

    Importer(Shelf shelf) {
        this.shelf = shelf;
        intake = new Intake(shelf);
        undo = new Undo(shelf);
    }

    /** Brings in what a source has. Answers the image ids, each once. */
    List<Digest> run(Members members, ImportOptions options, Progress progress) throws IOException {
        var given = options.name().isPresent()
                ? Optional.of(ImageName.parse(options.name().get()))
                : Optional.<ImageName>empty();
        var candidates = Sources.images(members, options);
        if (given.isPresent() && candidates.size() > 1) {
            throw Bad.request(
                    "The source holds %d images, which cannot all be called %s: import it without a name",
                    candidates.size(), given.get());
        }
        var ids = new LinkedHashSet<Digest>();
        for (var candidate : candidates) {
            var image = candidate.load();
            add(image, given.map(List::of).orElse(candidate.names()), progress);
            ids.add(image.config().id());
        }
        return List.copyOf(ids);
    }

    private void add(IncomingImage image, List<ImageName> names, Progress progress) throws IOException {
        var chains = image.config().chains();
        var journal = shelf.room()
                .locked(() -> shelf.journal(new Journal.Content(
                        image.config().id().toString(),
                        names.stream().map(ImageName::toString).toList(),
                        chains.stream().map(Digest::toString).toList(),
                        List.of())));
        try {
            addLayers(image, chains, journal, progress);
            shelf.room().locked(() -> {
                shelf.images().add(image.config().id(), image.bytes());
                for (var name : names) {
                    shelf.names().put(name, image.config().id());
                }
                journal.end();
                return null;
            });
        } catch (IOException | RuntimeException | Error e) {
            undo.run(journal, e);
            throw e;
        }
    }

    private void addLayers(IncomingImage image, List<Digest> chains, Journal journal, Progress progress)
            throws IOException {
        var entries = new ArrayList<LayerEntry>();
        for (var i = 0; i < chains.size(); i++) {
            var below = i == 0 ? Optional.<LayerEntry>empty() : Optional.of(entries.get(i - 1));
            var existing = intake.existing(chains.get(i), below);
            if (existing.isPresent()) {
                entries.add(existing.get());
                continue;
            }
            var diff = image.config().diffIds().get(i);
            var step = "layer " + (i + 1) + " of " + chains.size() + " " + diff.brief();
            entries.add(
                    intake.add(journal, below, new Blob(image.layers().get(i), diff, shelf.limits(), step, progress)));
        }
    }

    private record Blob(IncomingImage.Blob blob, Digest digest, ArchiveLimits limits, String step, Progress progress)
            implements Intake.Archive {
        @Override
        public InputStream open() throws IOException {
            return blob.open(digest, limits, step, progress);
        }
    }
}
