package storage.common.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import storage.api.FileNames;
import storage.api.LayerId;
import storage.common.io.JsonFile;
import storage.linux.Errno;
import storage.linux.Fd;
import storage.linux.FileCalls;
import storage.linux.PathBytes;
import storage.linux.ProcessMask;
import storage.linux.Syscalls;

/**
 * The records of a store's layers: one small file each, whose name ends in the layer's state.
 *
 * <p>The writing process is the only one that changes them, so it keeps them in memory; a reading one looks at the disk
 * each time. Methods that change a layer's record are called under that layer's lock.
 *
 * <p>What a power cut must not turn round is the order in which names appear, and a journalling filesystem keeps the order
 * of operations on names. A record's content is synced once, when it is first written, or lies in an attribute of the file
 * as well where that keeps the order too ({@link RecordOrder}). Names are synced before a layer is handed out, where a sync in
 * the layer would not do it. What becomes known later has its place in the file from
 * the beginning ({@link RecordFile}) and is written over, within one sector, unsynced: after a power cut it is there or it
 * is not. A record that was being written when the process was killed stands for a layer of
 * which nothing else exists yet.
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
    private final byte[] prefix;
    private final RecordOrder order;
    /** Whether names have to be synced before what is synced in a layer counts. */
    private final boolean loose;
    /** Layers of whose records the names are on disk for certain. */
    private final Set<LayerId> settled = ConcurrentHashMap.newKeySet();
    /** The permission bits that new files lack. */
    private final int mask;
    /** Null when reading only. */
    private final Map<LayerId, Entry> known;

    /** Layers that had several records when they were read. */
    private final Set<LayerId> doubled = ConcurrentHashMap.newKeySet();

    /** By the parents that records name, whether there is such a layer or not. */
    private final Map<String, Set<LayerId>> children = new ConcurrentHashMap<>();

    private LayerRecords(
            Syscalls linux, Path folder, RecordOrder order, boolean apart, int mask, Map<LayerId, Entry> known) {
        this.linux = linux;
        this.folder = folder;
        this.prefix = FileNames.encode(PathBytes.text(folder) + "/");
        this.order = order;
        this.loose = apart || !order.takesNamesAlong();
        this.mask = mask;
        this.known = known;
    }

    /**
     * For the one process that may write.
     *
     * @param apart see {@link Backend#isApart}
     */
    static LayerRecords forWriting(Syscalls linux, Path folder, RecordOrder order, boolean apart) throws IOException {
        for (var name : names(folder)) {
            if (name.startsWith(".") && name.endsWith(".tmp")) {
                Files.deleteIfExists(folder.resolve(name));
            }
        }
        var records = new LayerRecords(linux, folder, order, apart, ProcessMask.current(), new ConcurrentHashMap<>());
        read(linux, folder, records.doubled).forEach(records::put);
        return records;
    }

    /** For looking on while another process may write. */
    static LayerRecords forReading(Syscalls linux, Path folder) {
        return new LayerRecords(linux, folder, RecordOrder.SYNC, false, 0, null);
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
                    return Optional.of(new Entry(state, readRecord(linux, file)));
                }
            }
        }
        return Optional.empty();
    }

    /** All records, in the order of ids. */
    Map<LayerId, Entry> all() throws IOException {
        return new TreeMap<>(known != null ? known : read(linux, folder, new HashSet<>()));
    }

    /** The record file of a layer in a state, whether it is there or not. */
    Path file(LayerId id, LayerState state) {
        return folder.resolve(id.value() + state.suffix());
    }

    /**
     * Writes the first record of a layer. An earlier one, of a layer that is gone, goes first.
     *
     * @return for what becomes known of the layer; to be closed
     */
    RecordFile begin(LayerId id, LayerState state, LayerRecord record) throws IOException {
        if (known.containsKey(id) || doubled.contains(id)) {
            forget(id);
        }
        var file = RecordFile.create(linux, path(id, state), record, mask, order);
        put(id, new Entry(state, Optional.of(record)));
        return file;
    }

    /** Changes the state of a layer that has a record. */
    void move(LayerId id, LayerState to) throws IOException {
        var entry = known.get(id);
        if (entry.state() != to) {
            settled.remove(id);
            var result =
                    linux.renameat2(FileCalls.AT_FDCWD, path(id, entry.state()), FileCalls.AT_FDCWD, path(id, to), 0);
            Errno.check(result, "renameat2", file(id, entry.state()).toString());
            put(id, new Entry(to, entry.record()));
        }
    }

    /** Opens the record of a layer for what becomes known of it. */
    RecordFile open(LayerId id) throws IOException {
        return RecordFile.open(linux, path(id, known.get(id).state()));
    }

    /** Writes down what has become known of a layer. */
    void note(LayerId id, LayerRecord record, RecordFile file) throws IOException {
        file.update(record);
        put(id, new Entry(known.get(id).state(), Optional.of(record)));
    }

    /** Puts a layer to rest with what has become known of it, which goes into its record's file. */
    void complete(LayerId id, LayerRecord record, RecordFile file) throws IOException {
        note(id, record, file);
        move(id, LayerState.COMPLETE);
    }

    /** Puts a layer to rest with what has become known of it. Where the record says so already, nothing is written. */
    void complete(LayerId id, LayerRecord record) throws IOException {
        if (known.get(id).record().equals(Optional.of(record))) {
            move(id, LayerState.COMPLETE);
            return;
        }
        try (var file = open(id)) {
            complete(id, record, file);
        }
    }

    /** Puts on disk what the names of records say. */
    void sync() throws IOException {
        try (var names = Fd.directory(linux, PathBytes.text(folder))) {
            Errno.check(linux.fsync(names.number()), "fsync", folder.toString());
        }
    }

    /**
     * Called before a layer is handed out: what is synced in it is not to be lost with the name of its record, by which it is
     * taken for half-made. An earlier process may have given it that name, so each name counts as new once.
     */
    void settle(LayerId id) throws IOException {
        if (loose && !settled.contains(id)) {
            sync();
            settled.add(id);
        }
    }

    void forget(LayerId id) throws IOException {
        settled.remove(id);
        var entry = known.get(id);
        for (var state : LayerState.values()) {
            if (entry == null || entry.state() == state || doubled.contains(id)) {
                unlink(id, state);
            }
        }
        doubled.remove(id);
        if (known.remove(id) != null) {
            entry.record().map(LayerRecord::parent).ifPresent(parent -> leave(parent, id));
        }
    }

    private void unlink(LayerId id, LayerState state) throws IOException {
        var result = linux.unlinkat(FileCalls.AT_FDCWD, path(id, state), 0);
        if (result != -Errno.ENOENT) {
            Errno.check(result, "unlinkat", file(id, state).toString());
        }
    }

    private void put(LayerId id, Entry entry) {
        known.put(id, entry);
        entry.record()
                .map(LayerRecord::parent)
                .ifPresent(parent -> children.computeIfAbsent(parent, key -> ConcurrentHashMap.newKeySet())
                        .add(id));
    }

    private void leave(String parent, LayerId id) {
        children.computeIfPresent(parent, (key, ids) -> {
            ids.remove(id);
            return ids.isEmpty() ? null : ids;
        });
    }

    /** The layers whose records name this one as their parent. */
    Set<LayerId> children(LayerId id) throws IOException {
        if (known != null) {
            return children.getOrDefault(id.value(), Set.of());
        }
        var all = read(linux, folder, new HashSet<>());
        all.values()
                .removeIf(entry ->
                        !entry.record().map(r -> id.value().equals(r.parent())).orElse(false));
        return all.keySet();
    }

    /** The record file of a layer in a state, as the kernel takes it. */
    private byte[] path(LayerId id, LayerState state) {
        var name = FileNames.encode(id.value() + state.suffix());
        var path = Arrays.copyOf(prefix, prefix.length + name.length);
        System.arraycopy(name, 0, path, prefix.length, name.length);
        return path;
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

    private static Map<LayerId, Entry> read(Syscalls linux, Path folder, Set<LayerId> doubled) throws IOException {
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
            if (other != null) {
                doubled.add(id);
            }
            if (other == null || state.get() == LayerState.COMPLETE) {
                entries.put(id, new Entry(state.get(), readRecord(linux, file)));
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

    private static Optional<LayerRecord> readRecord(Syscalls linux, Path file) throws IOException {
        try {
            var content = JsonFile.content(file);
            if (content.isPresent() && isBlank(content.get())) {
                content = RecordFile.attached(linux, PathBytes.of(file));
            }
            if (content.isEmpty()) {
                return Optional.empty();
            }
            // a parent that is no id is damage too
            return Optional.of(JsonFile.parse(file, content.get(), LayerRecord.class))
                    .filter(r -> r.parent() == null || LayerId.isValid(r.parent()));
        } catch (storage.api.StorageException e) {
            return Optional.empty();
        }
    }

    /** What a power cut makes of a file whose content had not been written yet: nothing, or zeros. */
    private static boolean isBlank(byte[] content) {
        return content.length == 0 || content[0] == 0;
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
