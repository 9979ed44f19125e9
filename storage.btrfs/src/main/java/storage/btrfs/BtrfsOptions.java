package storage.btrfs;

import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import storage.api.Layer;
import storage.api.StorageException;
import storage.common.archive.ArchiveLimits;
import storage.common.archive.LimitOptions;
import storage.common.store.ByteSize;

/**
 * What can be set.
 *
 * @param archives how much an archive may ask for
 * @param minSpace the smallest size that a layer may be given, in bytes; 0 for any
 */
record BtrfsOptions(ArchiveLimits archives, long minSpace) {
    private static final String MIN_SPACE = "btrfs.min_space";
    private static final String SIZE = "size";

    /** Reads the driver's options. Keys count in any case, as they do with the engine. */
    static BtrfsOptions parse(Map<String, String> options) throws StorageException {
        var minSpace = 0L;
        var archives = LimitOptions.of(options);
        for (var option : archives.others().entrySet()) {
            if (!option.getKey().toLowerCase(Locale.ROOT).equals(MIN_SPACE)) {
                throw StorageException.of(
                        StorageException.Kind.INVALID,
                        "The btrfs driver has no option '" + option.getKey() + "'",
                        "Its only option beside the limits of archives is " + MIN_SPACE);
            }
            minSpace = ByteSize.parse(option.getKey(), option.getValue());
        }
        return new BtrfsOptions(archives.limits(), minSpace);
    }

    /** How large a new layer may become, with everything that it shows; empty for no limit. */
    OptionalLong sizeOf(Layer layer, Map<String, String> options) throws StorageException {
        var size = OptionalLong.empty();
        for (var option : options.entrySet()) {
            if (!option.getKey().toLowerCase(Locale.ROOT).equals(SIZE)) {
                throw StorageException.of(
                        StorageException.Kind.INVALID,
                        "Layers of the btrfs driver have no option '" + option.getKey() + "'",
                        "Their only option is " + SIZE);
            }
            if (layer.kind() != Layer.Kind.READ_WRITE) {
                throw StorageException.of(
                        StorageException.Kind.INVALID,
                        "An image layer takes no size, only read-write layers do",
                        "Leave the option " + SIZE + " out");
            }
            size = OptionalLong.of(atLeastMinimum(ByteSize.parse(option.getKey(), option.getValue())));
        }
        return size;
    }

    private long atLeastMinimum(long size) throws StorageException {
        if (size == 0 || size < minSpace) {
            throw StorageException.of(
                    StorageException.Kind.INVALID,
                    "A size of " + size + " bytes is too small for a layer",
                    minSpace == 0
                            ? "Leave the size out for none"
                            : "Give at least " + minSpace + " bytes, which " + MIN_SPACE + " asks for");
        }
        return size;
    }
}
