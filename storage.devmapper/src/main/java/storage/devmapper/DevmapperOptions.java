package storage.devmapper;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.common.block.BlockFilesystem;
import storage.common.store.ByteSize;

/**
 * What can be set: the engine's {@code dm.} options.
 *
 * @param baseSize of the base device, in bytes
 * @param loopDataSize of the pool's data file
 * @param loopMetadataSize of the pool's metadata file
 * @param filesystem of the base device; empty for xfs where that works, else ext4
 * @param makeArguments for its mkfs, after ours
 * @param mountOptions of each layer's mount
 * @param dataDevice a block device instead of the data file
 * @param metadataDevice a block device instead of the metadata file
 * @param thinPool a pool that is there, by its name below {@code /dev/mapper}
 * @param discard whether a device's blocks are discarded before it is deleted; empty for: on loop files only
 * @param blockSize of a new pool, in bytes
 * @param withoutUdev whether it is no failure that udev does not run
 * @param deferredRemoval whether a busy device is removed when it no longer is
 * @param deferredDeletion whether a busy device is deleted later
 * @param minFreeSpace the percentage of the pool that is to be free when a layer is made
 * @param xfsRetries how often xfs tries a write again when the pool is full; empty for the kernel's choice
 * @param logLevel the level up to which what libdevmapper says is logged
 */
record DevmapperOptions(
        long baseSize,
        long loopDataSize,
        long loopMetadataSize,
        Optional<BlockFilesystem> filesystem,
        List<String> makeArguments,
        String mountOptions,
        Optional<String> dataDevice,
        Optional<String> metadataDevice,
        Optional<String> thinPool,
        Optional<Boolean> discard,
        long blockSize,
        boolean withoutUdev,
        boolean deferredRemoval,
        boolean deferredDeletion,
        int minFreeSpace,
        OptionalInt xfsRetries,
        int logLevel) {
    static final long DEFAULT_BASE_SIZE = 10L << 30;
    private static final long DEFAULT_DATA = 100L << 30;
    private static final long DEFAULT_METADATA = 2L << 30;
    private static final long DEFAULT_BLOCK = 64L << 10;
    private static final long LARGEST_BLOCK = 1L << 30;
    private static final int DEFAULT_MIN_FREE = 10;

    /** Fatal errors only: a removal that is tried again says something each time. */
    private static final int DEFAULT_LOG = 2;

    private static final int LARGEST_LOG = 7;
    private static final String DEVICES = "/dev/mapper/";

    private static final List<String> KEYS = List.of(
            "dm.basesize",
            "dm.blkdiscard",
            "dm.blocksize",
            "dm.datadev",
            "dm.fs",
            "dm.libdm_log_level",
            "dm.loopdatasize",
            "dm.loopmetadatasize",
            "dm.metadatadev",
            "dm.min_free_space",
            "dm.mkfsarg",
            "dm.mountopt",
            "dm.override_udev_sync_check",
            "dm.thinpooldev",
            "dm.use_deferred_deletion",
            "dm.use_deferred_removal",
            "dm.xfs_nospace_max_retries");

    /** With these a later engine makes a pool out of a whole disk, by LVM. */
    private static final Set<String> DIRECT_LVM = Set.of(
            "dm.directlvm_device",
            "dm.directlvm_device_force",
            "dm.thinp_percent",
            "dm.thinp_metapercent",
            "dm.thinp_autoextend_threshold",
            "dm.thinp_autoextend_percent");

    /** Reads the driver's options. Keys count in any case, as they do with the engine. */
    static DevmapperOptions parse(Map<String, String> options) throws StorageException {
        var values = new HashMap<String, String>();
        for (var option : options.entrySet()) {
            var key = option.getKey().toLowerCase(Locale.ROOT);
            if (DIRECT_LVM.contains(key)) {
                throw invalid(
                        "The option " + key
                                + " lets an engine make a thin pool out of a disk, which this driver does not",
                        "Make the pool with lvcreate --type thin-pool, and name it with dm.thinpooldev");
            }
            if (!KEYS.contains(key)) {
                throw invalid(
                        "The devmapper driver has no option '" + option.getKey() + "'",
                        "Its options are " + String.join(", ", KEYS) + " and the limits of archives");
            }
            values.put(key, option.getValue().strip());
        }
        return new Parser(values).options();
    }

    /** The size that a layer's options ask for. */
    static OptionalLong sizeOf(Map<String, String> options) throws StorageException {
        var size = OptionalLong.empty();
        for (var option : options.entrySet()) {
            if (!option.getKey().toLowerCase(Locale.ROOT).equals("size")) {
                throw invalid(
                        "Layers of the devmapper driver have no option '" + option.getKey() + "'",
                        "Their only option is size");
            }
            size = OptionalLong.of(ByteSize.parse("size", option.getValue()));
        }
        return size;
    }

    private static StorageException invalid(String message, String advice) {
        return StorageException.of(Kind.INVALID, message, advice);
    }

    /** Whether the pool lies on files of our own, of data or metadata. */
    boolean usesLoop() {
        return thinPool.isEmpty() && (dataDevice.isEmpty() || metadataDevice.isEmpty());
    }

    /** Whether blocks are discarded before a device is deleted: rarely useful on real devices, and slow. */
    boolean discards() {
        return discard.orElse(thinPool.isEmpty() && dataDevice.isEmpty());
    }

    /** Reads one value after the other. */
    private record Parser(Map<String, String> values) {
        DevmapperOptions options() throws StorageException {
            var removal = flag("dm.use_deferred_removal");
            var deletion = flag("dm.use_deferred_deletion");
            if (deletion && !removal) {
                throw invalid(
                        "Deferred deletion needs deferred removal, which is not asked for",
                        "Add dm.use_deferred_removal=true, or leave dm.use_deferred_deletion out");
            }
            var pool = path("dm.thinpooldev")
                    .map(name -> name.startsWith(DEVICES) ? name.substring(DEVICES.length()) : name);
            if (pool.isPresent() && (values.containsKey("dm.datadev") || values.containsKey("dm.metadatadev"))) {
                throw invalid(
                        "A pool that is there (dm.thinpooldev) has its devices already",
                        "Leave dm.datadev and dm.metadatadev out");
            }
            return new DevmapperOptions(
                    size("dm.basesize", DEFAULT_BASE_SIZE),
                    size("dm.loopdatasize", DEFAULT_DATA),
                    size("dm.loopmetadatasize", DEFAULT_METADATA),
                    filesystem(),
                    words("dm.mkfsarg"),
                    values.getOrDefault("dm.mountopt", ""),
                    path("dm.datadev"),
                    path("dm.metadatadev"),
                    pool,
                    values.containsKey("dm.blkdiscard") ? Optional.of(flag("dm.blkdiscard")) : Optional.empty(),
                    blockSize(),
                    flag("dm.override_udev_sync_check"),
                    removal,
                    deletion,
                    percent("dm.min_free_space", DEFAULT_MIN_FREE),
                    values.containsKey("dm.xfs_nospace_max_retries")
                            ? OptionalInt.of(number("dm.xfs_nospace_max_retries", 0, Integer.MAX_VALUE))
                            : OptionalInt.empty(),
                    values.containsKey("dm.libdm_log_level")
                            ? number("dm.libdm_log_level", 0, LARGEST_LOG)
                            : DEFAULT_LOG);
        }

        private long size(String key, long otherwise) throws StorageException {
            if (!values.containsKey(key)) {
                return otherwise;
            }
            var size = ByteSize.parse(key, values.get(key));
            if (size < 512) {
                throw invalid("The option " + key + " asks for " + size + " bytes", "Give a size such as 10G");
            }
            return size / 512 * 512;
        }

        private long blockSize() throws StorageException {
            var size = size("dm.blocksize", DEFAULT_BLOCK);
            if (size < DEFAULT_BLOCK || size > LARGEST_BLOCK || size % DEFAULT_BLOCK != 0) {
                throw invalid(
                        "The option dm.blocksize asks for " + size + " bytes",
                        "The blocks of a thin pool are a multiple of 64k, at most 1g");
            }
            return size;
        }

        private Optional<BlockFilesystem> filesystem() throws StorageException {
            if (!values.containsKey("dm.fs")) {
                return Optional.empty();
            }
            var named = BlockFilesystem.named(values.get("dm.fs"));
            if (named.isEmpty()) {
                throw invalid("The option dm.fs has the value '" + values.get("dm.fs") + "'", "Use ext4 or xfs");
            }
            return named;
        }

        private List<String> words(String key) {
            var words = new ArrayList<String>();
            for (var word : values.getOrDefault(key, "").split("\\s+", -1)) {
                if (!word.isEmpty()) {
                    words.add(word);
                }
            }
            return List.copyOf(words);
        }

        private Optional<String> path(String key) throws StorageException {
            if (values.containsKey(key) && values.get(key).isEmpty()) {
                throw invalid("The option " + key + " is empty", "Name a device");
            }
            return Optional.ofNullable(values.get(key));
        }

        private boolean flag(String key) throws StorageException {
            return switch (values.getOrDefault(key, "false").toLowerCase(Locale.ROOT)) {
                case "1", "t", "true" -> true;
                case "0", "f", "false" -> false;
                default ->
                    throw invalid(
                            "The option " + key + " has the value '" + values.get(key) + "'", "Use true or false");
            };
        }

        private int percent(String key, int otherwise) throws StorageException {
            if (!values.containsKey(key)) {
                return otherwise;
            }
            var text = values.get(key);
            var digits = text.endsWith("%") ? text.substring(0, text.length() - 1) : "";
            if (!digits.matches("\\d{1,2}") && !digits.equals("100")) {
                throw invalid(
                        "The option " + key + " has the value '" + text + "'",
                        "Use a percentage from 0% to 100%, such as 10%");
            }
            return Integer.parseInt(digits);
        }

        private int number(String key, int least, int most) throws StorageException {
            var text = values.get(key);
            if (text.matches("\\d{1,10}")) {
                var value = Long.parseLong(text);
                if (value >= least && value <= most) {
                    return (int) value;
                }
            }
            throw invalid(
                    "The option " + key + " has the value '" + text + "'",
                    "Use a number from " + least + " to " + most);
        }
    }
}
