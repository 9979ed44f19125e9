package storage.loopback;

import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.common.archive.ArchiveLimits;
import storage.common.archive.LimitOptions;
import storage.common.block.BlockFilesystem;
import storage.common.store.ByteSize;

/**
 * What can be set.
 *
 * @param archives how much an archive may ask for
 * @param filesystem of images that stand on nothing; the others have their parent's
 * @param size of images that stand on nothing, in bytes
 */
record LoopbackOptions(ArchiveLimits archives, BlockFilesystem filesystem, long size) {
    private static final String FS = "loopback.fs";
    private static final String SIZE = "loopback.size";
    private static final String LAYER_SIZE = "size";
    private static final long DEFAULT_SIZE = 10L << 30;

    /** What mkfs.xfs asks for since xfsprogs 5.19; ext4 works with a fraction of it. */
    private static final long MIN_XFS = 300L << 20;

    private static final long MIN_EXT4 = 4L << 20;

    /** Whole blocks of both filesystems. */
    private static final long BLOCK = 4096;

    /** Reads the driver's options. Keys count in any case, as they do with the engine's drivers. */
    static LoopbackOptions parse(Map<String, String> options) throws StorageException {
        var filesystem = BlockFilesystem.EXT4;
        var size = DEFAULT_SIZE;
        var archives = LimitOptions.of(options);
        for (var option : archives.others().entrySet()) {
            var value = option.getValue();
            switch (option.getKey().toLowerCase(Locale.ROOT)) {
                case FS ->
                    filesystem = BlockFilesystem.named(value)
                            .orElseThrow(() -> StorageException.of(
                                    Kind.INVALID,
                                    "The option " + FS + " has the value '" + value + "'",
                                    "Use ext4 or xfs"));
                case SIZE -> size = ByteSize.parse(SIZE, value);
                default ->
                    throw StorageException.of(
                            Kind.INVALID,
                            "The loopback driver has no option '" + option.getKey() + "'",
                            "Its options are " + FS + ", " + SIZE + " and the limits of archives");
            }
        }
        return new LoopbackOptions(archives.limits(), filesystem, whole(SIZE, size, smallest(filesystem)));
    }

    private static long smallest(BlockFilesystem filesystem) {
        return filesystem == BlockFilesystem.XFS ? MIN_XFS : MIN_EXT4;
    }

    private static long whole(String key, long size, long least) throws StorageException {
        if (size < least) {
            throw StorageException.of(
                    Kind.INVALID,
                    "The option " + key + " asks for " + size + " bytes, which is too small for a filesystem",
                    "Use at least " + (least >> 20) + "m");
        }
        return size / BLOCK * BLOCK;
    }

    /** The size that a layer's options ask for. */
    static OptionalLong sizeOf(Map<String, String> options) throws StorageException {
        var size = OptionalLong.empty();
        for (var option : options.entrySet()) {
            if (!option.getKey().toLowerCase(Locale.ROOT).equals(LAYER_SIZE)) {
                throw StorageException.of(
                        Kind.INVALID,
                        "Layers of the loopback driver have no option '" + option.getKey() + "'",
                        "Their only option is " + LAYER_SIZE);
            }
            size = OptionalLong.of(whole(LAYER_SIZE, ByteSize.parse(option.getKey(), option.getValue()), MIN_EXT4));
        }
        return size;
    }
}
