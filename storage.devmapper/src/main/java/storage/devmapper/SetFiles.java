package storage.devmapper;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import storage.api.LayerId;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.common.io.AtomicFile;
import storage.common.io.JsonFile;

/**
 * The JSON files in {@code metadata}, the engine's. It takes every file there for a device, but for names with a leading
 * dot, {@code *.migrated} and its own two, so nothing of ours may lie there.
 */
final class SetFiles {
    private static final Logger log = LoggerFactory.getLogger(SetFiles.class);

    /** The base device has no layer: its name is empty, and its file's this. */
    static final String BASE = "";

    private static final String BASE_FILE = "base";
    private static final String SET = "deviceset-metadata";
    private static final String TRANSACTION = "transaction-metadata";
    private static final String MIGRATED = ".migrated";

    private final Path folder;
    private final Path old;

    /** @param home the driver's */
    SetFiles(Path home) {
        folder = home.resolve("metadata");
        old = home.resolve("devicemapper/json");
    }

    Path folder() {
        return folder;
    }

    private Path file(String layer) {
        return folder.resolve(layer.isEmpty() ? BASE_FILE : layer);
    }

    /**
     * One device. One whose file is damaged is an error, and not taken for none: another could be made in its place.
     */
    Optional<DeviceRecord> device(String layer) throws IOException {
        var record = JsonFile.read(file(layer), DeviceRecord.class);
        if (record.isPresent() && (record.get().deviceId() < 0 || record.get().deviceId() > DeviceIds.LARGEST)) {
            throw StorageException.of(
                    Kind.DAMAGED,
                    "The file " + file(layer) + " names the device "
                            + record.get().deviceId() + ", and there are none above " + DeviceIds.LARGEST,
                    "Restore it from a backup, or move it away");
        }
        return record;
    }

    void save(String layer, DeviceRecord record) throws IOException {
        JsonFile.write(file(layer), record);
    }

    void remove(String layer) throws IOException {
        if (Files.deleteIfExists(file(layer))) {
            AtomicFile.syncFolder(folder);
        }
    }

    /** Moves a device's file away. */
    void setAside(String layer, Path place) throws IOException {
        AtomicFile.rename(file(layer), place);
        AtomicFile.syncFolder(folder);
    }

    /** A device's file, from the home. */
    String path(String layer) {
        return folder.getFileName() + "/" + file(layer).getFileName();
    }

    /** What is wrong with the files of the set itself, by name. */
    Map<String, String> damage() throws IOException {
        var damage = new TreeMap<String, String>();
        try {
            set();
        } catch (StorageException e) {
            damage.put(SET, e.getMessage());
        }
        try {
            transaction();
        } catch (StorageException e) {
            damage.put(TRANSACTION, e.getMessage());
        }
        return damage;
    }

    /** The layers that have a file, damaged or not; the base device among them if it has. */
    List<String> layers() throws IOException {
        var layers = new ArrayList<String>();
        try (var files = Files.newDirectoryStream(folder)) {
            for (var file : files) {
                var name = file.getFileName().toString();
                if (name.equals(BASE_FILE)) {
                    layers.add(BASE);
                } else if (LayerId.isValid(name) && Files.isRegularFile(file)) {
                    layers.add(name);
                }
            }
        } catch (NoSuchFileException e) {
            // nothing yet
        }
        return layers;
    }

    /** Names in the folder that belong neither to us nor to an engine, which would stumble over them. */
    List<String> strangers() throws IOException {
        var strangers = new ArrayList<String>();
        try (var files = Files.newDirectoryStream(folder)) {
            for (var file : files) {
                var name = file.getFileName().toString();
                var known = name.startsWith(".")
                        || name.endsWith(MIGRATED)
                        || name.equals(BASE_FILE)
                        || name.equals(SET)
                        || name.equals(TRANSACTION);
                if (!known && !(LayerId.isValid(name) && Files.isRegularFile(file))) {
                    strangers.add(name);
                }
            }
        } catch (NoSuchFileException e) {
            // nothing yet
        }
        return strangers;
    }

    SetRecord set() throws IOException {
        return JsonFile.read(folder.resolve(SET), SetRecord.class).orElse(SetRecord.NEW);
    }

    void save(SetRecord record) throws IOException {
        JsonFile.write(folder.resolve(SET), record);
    }

    Optional<TransactionRecord> transaction() throws IOException {
        return JsonFile.read(folder.resolve(TRANSACTION), TransactionRecord.class);
    }

    void save(TransactionRecord record) throws IOException {
        JsonFile.write(folder.resolve(TRANSACTION), record);
    }

    void removeTransaction() throws IOException {
        Files.deleteIfExists(folder.resolve(TRANSACTION));
        AtomicFile.syncFolder(folder);
    }

    /** What engines before 2014 had: all devices in one file. */
    private record OldFile(@JsonProperty("Devices") Map<String, DeviceRecord> devices) {}

    /** Takes over the old file, and away what a crash of an engine or ours left unfinished. */
    void tidy() throws IOException {
        try (var files = Files.newDirectoryStream(folder, ".*tmp*")) {
            for (var file : files) {
                Files.delete(file);
            }
        }
        var before = JsonFile.read(old, OldFile.class);
        if (before.isPresent()) {
            for (var device : before.get().devices().entrySet()) {
                save(device.getKey(), device.getValue());
            }
            AtomicFile.rename(old, old.resolveSibling(old.getFileName() + MIGRATED));
            log.info("Took over {} devices from {}", before.get().devices().size(), old);
        }
    }
}
