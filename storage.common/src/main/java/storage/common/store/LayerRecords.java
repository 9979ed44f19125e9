package storage.common.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import storage.api.LayerId;
import storage.common.io.AtomicFile;
import storage.common.io.JsonFile;
import storage.linux.Errno;
import storage.linux.FileCalls;
import storage.linux.PathBytes;
import storage.linux.Stat;
import storage.linux.Syscalls;

/**
 * The records of a store's layers: one small file each, whose name ends in the layer's state.
 *
 * <p>The writing process is the only one that changes them, so it keeps them in memory; a reading one looks at the disk
 * each time. Methods that change a layer's record are called under that layer's lock.
 *
 * <p>Nothing is synced but the content of records: what a crash must not turn round is the order in which names appear,
 * and a journalling filesystem keeps the order of operations on names.
 */
final class LayerRecords {
    /**
     * One layer's record.
     *
     * @param record empty if the file cannot be read
     */
    record Entry(LayerState state, Optional<LayerRecord> record) {
        boolean isComplete() {
            return state == LayerState.COMPLETE;
        }
    }

    private final Syscalls linux;
    private final Path folder;
    /** Null when reading only. */
    private final Map<LayerId, Entry> known;

    private LayerRecords(Syscalls linux, Path folder, Map<LayerId, Entry> known) {
        this.linux = linux;
        this.folder = folder;
        this.known = known;
    }

    /** For the one process that may write. */
    static LayerRecords forWriting(Syscalls linux, Path folder) throws IOException {
        for (var name : names(folder)) {
            if (name.startsWith(".") && name.endsWith(".tmp")) {
                Files.deleteIfExists(folder.resolve(name));
            }
        }
        return new LayerRecords(linux, folder, new ConcurrentHashMap<>(read(folder)));
    }

    /** For looking on while another process may write. */
    static LayerRecords forReading(Syscalls linux, Path folder) {
        return new LayerRecords(linux, folder, null);
    }

    Optional<Entry> find(LayerId id) throws IOException {
        if (known != null) {
            return Optional.ofNullable(known.get(id));
        }
        // twice: a rename between two looks can hide a record from both
        for (var attempt = 0; attempt < 2; attempt++) {
            for (var state : LayerState.values()) {
                var file = file(id, state);
                if (Files.exists(file)) {
                    return Optional.of(new Entry(state, readRecord(file)));
                }
            }
        }
        return Optional.empty();
    }

    /** All records, in the order of ids. */
    Map<LayerId, Entry> all() throws IOException {
        return new TreeMap<>(known != null ? known : read(folder));
    }

    /** The record file of a layer in a state, whether it is there or not. */
    Path file(LayerId id, LayerState state) {
        return folder.resolve(id.value() + state.suffix());
    }

    /** Writes the first record of a layer. An earlier one, of a layer that is gone, goes first. */
    void begin(LayerId id, LayerState state, LayerRecord record) throws IOException {
        for (var other : LayerState.values()) {
            if (other != state) {
                Files.deleteIfExists(file(id, other));
            }
        }
        JsonFile.writeUnsynced(file(id, state), record);
        known.put(id, new Entry(state, Optional.of(record)));
    }

    /** Changes the state of a layer that has a record. */
    void move(LayerId id, LayerState to) throws IOException {
        var entry = known.get(id);
        if (entry.state() != to) {
            AtomicFile.rename(file(id, entry.state()), file(id, to));
            known.put(id, new Entry(to, entry.record()));
        }
    }

    /** Puts a layer to rest with a new record, which is on disk when the call returns if {@code synced}. */
    void complete(LayerId id, LayerRecord record, boolean synced) throws IOException {
        var state = known.get(id).state();
        JsonFile.writeUnsynced(file(id, state), record);
        known.put(id, new Entry(state, Optional.of(record)));
        move(id, LayerState.COMPLETE);
        if (synced) {
            AtomicFile.syncFolder(folder);
        }
    }

    void forget(LayerId id) throws IOException {
        for (var state : LayerState.values()) {
            Files.deleteIfExists(file(id, state));
        }
        known.remove(id);
    }

    /**
     * The filesystem's own present, by touching a layer's record: what is written from now on has no earlier change time.
     * In nanoseconds since 1970.
     */
    long now(LayerId id) throws IOException {
        var file = file(id, known.get(id).state());
        var path = PathBytes.of(file);
        var result = linux.utimensat(FileCalls.AT_FDCWD, path, 0, FileCalls.UTIME_NOW, 0, FileCalls.UTIME_NOW, 0);
        Errno.check(result, "utimensat", file.toString());
        var stat = new Stat();
        Errno.check(linux.stat(FileCalls.AT_FDCWD, path, 0, stat), "stat", file.toString());
        return Math.addExact(Math.multiplyExact(stat.changedSeconds, 1_000_000_000L), stat.changedNanos);
    }

    /** Names in the folder that are no records. Leftovers of interrupted writes do not count. */
    List<String> strangers() throws IOException {
        var strangers = new ArrayList<String>();
        for (var name : names(folder)) {
            if (!name.startsWith(".") && state(name).isEmpty()) {
                strangers.add(name);
            }
        }
        return strangers;
    }

    Path folder() {
        return folder;
    }

    private static Map<LayerId, Entry> read(Path folder) throws IOException {
        var entries = new TreeMap<LayerId, Entry>();
        for (var name : names(folder)) {
            var state = state(name);
            if (state.isEmpty() || name.startsWith(".")) {
                continue;
            }
            var id = new LayerId(
                    name.substring(0, name.length() - state.get().suffix().length()));
            var file = folder.resolve(name);
            var other = entries.get(id);
            // two records, as a restored backup may have: never the one by which the layer would be removed
            if (other == null || state.get() == LayerState.COMPLETE) {
                entries.put(id, new Entry(state.get(), readRecord(file)));
            }
        }
        return entries;
    }

    private static Optional<LayerState> state(String name) {
        for (var state : LayerState.values()) {
            if (name.endsWith(state.suffix())
                    && LayerId.isValid(
                            name.substring(0, name.length() - state.suffix().length()))) {
                return Optional.of(state);
            }
        }
        return Optional.empty();
    }

    private static Optional<LayerRecord> readRecord(Path file) throws IOException {
        try {
            var record = JsonFile.read(file, LayerRecord.class);
            // a parent that is no id is damage too
            return record.filter(r -> r.parent() == null || LayerId.isValid(r.parent()));
        } catch (storage.api.StorageException e) {
            return Optional.empty();
        }
    }

    private static List<String> names(Path folder) throws IOException {
        var names = new ArrayList<String>();
        try (var entries = Files.newDirectoryStream(folder)) {
            entries.forEach(entry -> names.add(entry.getFileName().toString()));
        } catch (NoSuchFileException e) {
            // nothing recorded yet
        } catch (java.nio.file.DirectoryIteratorException e) {
            throw e.getCause();
        }
        return names;
    }
}
