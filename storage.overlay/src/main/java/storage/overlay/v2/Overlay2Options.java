package storage.overlay.v2;

import java.util.Locale;
import java.util.Map;
import storage.api.Layer;
import storage.api.StorageException;
import storage.common.archive.ArchiveLimits;
import storage.common.archive.LimitOptions;
import storage.common.store.ByteSize;

/**
 * What can be set.
 *
 * @param archives how much an archive may ask for
 * @param size the quota of each read-write layer that names none itself, in bytes; 0 for none
 */
record Overlay2Options(ArchiveLimits archives, long size) {
    private static final String SIZE = "overlay2.size";
    private static final String KERNEL = "overlay2.override_kernel_check";
    private static final String LAYER_SIZE = "size";

    /** Reads the driver's options. Keys count in any case, as they do with the engine. */
    static Overlay2Options parse(Map<String, String> options) throws StorageException {
        var size = 0L;
        var archives = LimitOptions.of(options);
        for (var option : archives.others().entrySet()) {
            switch (option.getKey().toLowerCase(Locale.ROOT)) {
                case SIZE -> size = ByteSize.parse(option.getKey(), option.getValue());
                case KERNEL -> flag(option.getKey(), option.getValue());
                default ->
                    throw StorageException.of(
                            StorageException.Kind.INVALID,
                            "The overlay2 driver has no option '" + option.getKey() + "'",
                            "Its options are " + SIZE + ", " + KERNEL + " and the limits of archives");
            }
        }
        return new Overlay2Options(archives.limits(), size);
    }

    /** The quota of a new layer in bytes, 0 for none. */
    long sizeOf(Layer layer, Map<String, String> options) throws StorageException {
        var readWrite = layer.kind() == Layer.Kind.READ_WRITE;
        var own = readWrite ? size : 0;
        for (var option : options.entrySet()) {
            if (!option.getKey().toLowerCase(Locale.ROOT).equals(LAYER_SIZE)) {
                throw StorageException.of(
                        StorageException.Kind.INVALID,
                        "Layers of the overlay2 driver have no option '" + option.getKey() + "'",
                        "Their only option is " + LAYER_SIZE);
            }
            if (!readWrite) {
                throw StorageException.of(
                        StorageException.Kind.INVALID,
                        "An image layer takes no size, only read-write layers do",
                        "Leave the option " + LAYER_SIZE + " out");
            }
            own = ByteSize.parse(option.getKey(), option.getValue());
        }
        return own;
    }

    /** Accepted as the engine accepts it: what the kernel can do is probed, its version is never looked at. */
    private static void flag(String key, String value) throws StorageException {
        if (!value.matches("(?i)1|t|true|0|f|false")) {
            throw StorageException.of(
                    StorageException.Kind.INVALID,
                    "The option " + key + " has the value '" + value + "', which is neither true nor false",
                    "Use true or false");
        }
    }
}
