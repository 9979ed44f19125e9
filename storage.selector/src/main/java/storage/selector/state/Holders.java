package storage.selector.state;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import storage.api.LayerHolds.Hold;
import storage.api.LayerId;
import storage.api.StorageException;
import storage.common.io.JsonFile;

/**
 * The named holds of one store, in a file before they count: {@code holders-BOOT.json} in the store's state folder.
 *
 * <p>Mounts do not outlive a boot, so neither do holds: the boot's id is in the file's name, and another boot's file is not
 * read. So it is not synced either; whatever a power cut makes of it, nobody looks at it any more. An opening for writing is
 * the only one that changes the file (the store's lock sees to that) and keeps it in memory; one for reading reads it each
 * time.
 */
public final class Holders {
    /**
     * One line of the file.
     *
     * @param pid the process that took the hold last, for people only: a named hold outlives it
     */
    record Line(String layer, String holder, int count, long pid) {}

    /** The file's content. */
    record Content(List<Line> holds) {}

    private final Path file;
    private final boolean readOnly;
    private final Optional<String> problem;
    /** Guarded by this. */
    private final SortedMap<LayerId, SortedMap<String, Integer>> holds = new TreeMap<>();

    private Holders(Path file, boolean readOnly, Optional<String> problem) {
        this.file = file;
        this.readOnly = readOnly;
        this.problem = problem;
    }

    /** The holds of a store that this process alone may write to. A file that cannot be relied on is set aside. */
    public static Holders forWriting(Path root, Path state, String boot) throws IOException {
        var file = file(state, boot);
        removeOthers(file);
        try {
            var holders = new Holders(file, false, Optional.empty());
            holders.take(load(file));
            return holders;
        } catch (StorageException e) {
            if (e.kind() != StorageException.Kind.DAMAGED) {
                throw e;
            }
            var place = Quarantine.of(root).take(file);
            return new Holders(
                    file,
                    false,
                    Optional.of(e.getMessage() + "; it was moved to " + place
                            + ", and who held which layer is not known any more: layers that are still mounted can be"
                            + " unmounted by anyone"));
        }
    }

    /** The holds of a store that another process may be writing to. */
    public static Holders forReading(Path state, String boot) {
        return new Holders(file(state, boot), true, Optional.empty());
    }

    private static Path file(Path state, String boot) {
        return state.resolve("holders-" + boot + ".json");
    }

    /** Other boots' files, and what a killed process left beside one. */
    private static void removeOthers(Path file) throws IOException {
        if (!Files.isDirectory(file.getParent())) {
            return;
        }
        try (var others = Files.newDirectoryStream(file.getParent(), "{,.}holders-*.json{,.tmp}")) {
            for (var other : others) {
                if (!other.equals(file)) {
                    Files.deleteIfExists(other);
                }
            }
        }
    }

    /** What was wrong with the file when it was opened, a sentence. */
    public Optional<String> problem() {
        return problem;
    }

    /** Who holds a layer, by name, with counts. */
    public synchronized SortedMap<String, Integer> of(LayerId layer) throws StorageException {
        refresh();
        return new TreeMap<>(holds.getOrDefault(layer, new TreeMap<>()));
    }

    /** Whether a name holds a layer. */
    public synchronized boolean isHeld(LayerId layer) throws StorageException {
        refresh();
        return holds.containsKey(layer);
    }

    /** Everything, in the order of layers, then names. */
    public synchronized List<Hold> all() throws StorageException {
        refresh();
        var all = new ArrayList<Hold>();
        holds.forEach((layer, names) -> names.forEach((name, count) -> all.add(new Hold(layer, name, count))));
        return all;
    }

    /** Counts one hold more, in the file when it returns. */
    public synchronized void add(LayerId layer, String holder) throws StorageException {
        change(layer, holder, 1);
    }

    /**
     * Counts one hold less, in the file when it returns.
     *
     * @return whether there was one
     */
    public synchronized boolean remove(LayerId layer, String holder) throws StorageException {
        if (!holds.getOrDefault(layer, new TreeMap<>()).containsKey(holder)) {
            return false;
        }
        change(layer, holder, -1);
        return true;
    }

    /** Forgets every hold of a layer. */
    public synchronized void forget(LayerId layer) throws StorageException {
        var names = holds.remove(layer);
        if (names != null) {
            saveOr(() -> holds.put(layer, names));
        }
    }

    private void change(LayerId layer, String holder, int by) throws StorageException {
        count(layer, holder, by);
        saveOr(() -> count(layer, holder, -by));
    }

    private void count(LayerId layer, String holder, int by) {
        var names = holds.computeIfAbsent(layer, key -> new TreeMap<>());
        names.merge(holder, by, (before, change) -> before + change == 0 ? null : before + change);
        if (names.isEmpty()) {
            holds.remove(layer);
        }
    }

    /** Writes the file; what could not be written is undone in memory. */
    private void saveOr(Runnable undo) throws StorageException {
        try {
            save();
        } catch (IOException e) {
            undo.run();
            throw e instanceof StorageException known
                    ? known
                    : StorageException.of(StorageException.Kind.IO, "The holders of layers could not be recorded: " + e)
                            .causedBy(e);
        }
    }

    private void save() throws IOException {
        var pid = ProcessHandle.current().pid();
        var lines = new ArrayList<Line>();
        holds.forEach(
                (layer, names) -> names.forEach((name, count) -> lines.add(new Line(layer.value(), name, count, pid))));
        Files.createDirectories(
                file.getParent(), PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        JsonFile.writeForThisBoot(file, new Content(lines));
    }

    private void refresh() throws StorageException {
        if (!readOnly) {
            return;
        }
        try {
            take(load(file));
        } catch (StorageException e) {
            throw e;
        } catch (IOException e) {
            throw StorageException.of(StorageException.Kind.IO, "The holders of layers cannot be read: " + e)
                    .causedBy(e);
        }
    }

    private void take(Optional<Content> content) {
        holds.clear();
        content.ifPresent(found ->
                found.holds().forEach(line -> count(new LayerId(line.layer()), line.holder(), line.count())));
    }

    private static Optional<Content> load(Path file) throws IOException {
        var content = JsonFile.read(file, Content.class);
        if (content.isPresent() && !isSound(content.get())) {
            throw StorageException.of(
                    StorageException.Kind.DAMAGED, "The file " + file + " holds entries that make no sense");
        }
        return content;
    }

    private static boolean isSound(Content content) {
        return content.holds() != null
                && content.holds().stream()
                        .allMatch(line -> line != null
                                && line.layer() != null
                                && LayerId.isValid(line.layer())
                                && line.holder() != null
                                && !line.holder().isEmpty()
                                && line.count() > 0);
    }
}
