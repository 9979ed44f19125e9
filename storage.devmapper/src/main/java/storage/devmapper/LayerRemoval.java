package storage.devmapper;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import storage.api.FileNames;
import storage.api.StoreInfo;
import storage.common.store.Quarantine;
import storage.linux.Fd;
import storage.linux.FileCalls;
import storage.linux.Syscalls;

/** Removes layers that are not mounted: their blocks, their devices, their records. */
final class LayerRemoval {
    private static final Logger log = LoggerFactory.getLogger(LayerRemoval.class);
    private static final long DISCARD = 0x1277; // BLKDISCARD, linux/fs.h

    private final Syscalls linux;
    private final StoreInfo info;
    private final DevmapperOptions options;
    private final Stock stock;

    LayerRemoval(Syscalls linux, StoreInfo info, DevmapperOptions options, Stock stock) {
        this.linux = linux;
        this.info = info;
        this.options = options;
        this.stock = stock;
    }

    void remove(String layer) throws IOException {
        var record = stock.set().find(layer);
        if (record.isPresent()) {
            remove(layer, record.get(), false);
        } else if (stock.set().damaged().contains(layer)) {
            // nobody knows its number any more, so the pool keeps it; what is left of the record may still help
            // somebody
            var place = new Quarantine(linux, info).place(layer);
            stock.devices().deactivate(layer);
            stock.set().setAside(layer, place);
            log.warn("The record of layer {} is damaged and lies in {}; its device stays in the pool", layer, place);
        }
    }

    /** Removes a layer's device whatever may be deferred: its number and its name are free on return. */
    void removeNow(String layer) throws IOException {
        remove(layer, stock.set().get(layer), true);
    }

    private void remove(String layer, DeviceRecord record, boolean now) throws IOException {
        stock.readers().awaitNone(record);
        discard(layer, record);
        if (now) {
            stock.devices().deactivateNow(layer);
        } else {
            stock.devices().deactivate(layer);
        }
        stock.set().delete(layer);
    }

    /** Gives a device's blocks back to the pool's file; what fails is only lost space, until the file is gone. */
    private void discard(String layer, DeviceRecord record) throws IOException {
        if (!options.discards() || record.deleted()) {
            return;
        }
        stock.devices().activate(layer, record);
        if (stock.devices().info(layer).openCount() > 0) {
            return;
        }
        var path = FileNames.encode(stock.devices().path(layer));
        var fd = linux.openat(FileCalls.AT_FDCWD, path, FileCalls.O_RDWR | FileCalls.O_CLOEXEC, 0);
        if (fd >= 0) {
            try (var device = Fd.of(linux, fd)) {
                var range = ByteBuffer.allocateDirect(16).order(ByteOrder.nativeOrder());
                range.putLong(0, 0).putLong(8, record.size());
                var unused = linux.ioctl(device.number(), DISCARD, range);
            }
        }
    }
}
