package storage.devmapper;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import storage.api.StoreInfo;
import storage.linux.Errno;
import storage.linux.PathBytes;
import storage.linux.StatFs;
import storage.linux.Syscalls;

/** What {@code status} answers: the engine's fields, in its words. */
final class StatusReport {
    private static final String[] UNITS = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};

    private final Syscalls linux;
    private final Stock stock;
    private final DevmapperOptions options;
    private final Map<String, String> fields = new LinkedHashMap<>();

    StatusReport(Syscalls linux, Stock stock, DevmapperOptions options) {
        this.linux = linux;
        this.stock = stock;
        this.options = options;
    }

    Map<String, String> report() throws IOException {
        var there = java.nio.file.Files.isDirectory(stock.info().home());
        if (there) {
            pool();
        }
        fields.put("Udev Sync Supported", Boolean.toString(stock.mapper().waitsForUdev()));
        fields.put("Deferred Removal Enabled", Boolean.toString(options.deferredRemoval()));
        fields.put("Deferred Deletion Enabled", Boolean.toString(options.deferredDeletion()));
        if (there && stock.info().access() == StoreInfo.Access.WRITE) {
            fields.put(
                    "Deferred Deleted Device Count",
                    Integer.toString(stock.set().deleted().size()));
        }
        fields.put("Library Version", stock.mapper().libraryVersion());
        return fields;
    }

    private void pool() throws IOException {
        var pool = stock.pool();
        fields.put("Pool Name", pool.thin().name());
        var set = stock.files().set();
        var base = stock.files().device(SetFiles.BASE);
        if (base.isPresent()) {
            fields.put("Base Device Size", size(base.get().size()));
            fields.put("Backing Filesystem", set.baseFilesystem());
            fields.put("Base Device UUID", set.baseUuid());
        }
        if (!pool.thin().exists()) {
            return;
        }
        var status = pool.thin().status();
        fields.put("Pool Blocksize", size(status.blockSize()));
        var data = pool.dataDevice();
        var metadata = pool.metadataDevice();
        data.ifPresent(device -> fields.put("Data file", device.toString()));
        metadata.ifPresent(device -> fields.put("Metadata file", device.toString()));
        data.ifPresent(device -> fields.put(
                "Data loop file", PathBytes.text(pool.files().dataFile().orElseThrow())));
        metadata.ifPresent(device -> fields.put(
                "Metadata loop file", PathBytes.text(pool.files().metadataFile().orElseThrow())));
        var block = status.blockSize();
        space(
                "Data",
                block * status.dataUsed(),
                block * status.dataTotal(),
                data.flatMap(d -> pool.files().dataFile()));
        space(
                "Metadata",
                (long) PoolStatus.METADATA_BLOCK * status.metadataUsed(),
                (long) PoolStatus.METADATA_BLOCK * status.metadataTotal(),
                metadata.flatMap(d -> pool.files().metadataFile()));
    }

    /** A file cannot take more than the filesystem that it lies on has left. */
    private void space(String of, long used, long total, Optional<Path> file) throws IOException {
        var available = total - used;
        if (file.isPresent()) {
            var filesystem = new StatFs();
            var path = file.get();
            Errno.check(linux.statfs(PathBytes.of(path), filesystem), "statfs", path.toString());
            available = Math.min(available, filesystem.blocksFree * filesystem.blockSize);
        }
        fields.put(of + " Space Used", size(used));
        fields.put(of + " Space Total", size(total));
        fields.put(of + " Space Available", size(available));
    }

    /** Powers of 1000 and four digits, as the engine writes sizes. */
    static String size(long bytes) {
        var value = (double) bytes;
        var unit = 0;
        while (value >= 1000 && unit < UNITS.length - 1) {
            value /= 1000;
            unit++;
        }
        var text = String.format(Locale.ROOT, "%.4g", value);
        if (text.contains(".")) {
            text = text.replaceAll("0+$", "").replaceAll("\\.$", "");
        }
        return text + UNITS[unit];
    }
}
