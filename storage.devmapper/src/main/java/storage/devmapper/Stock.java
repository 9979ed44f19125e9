package storage.devmapper;

import java.io.IOException;
import java.util.HashSet;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.api.StoreInfo;
import storage.api.loop.LoopDevices;
import storage.linux.Errno;
import storage.linux.FileCalls;
import storage.linux.PathBytes;
import storage.linux.Stat;
import storage.linux.Syscalls;
import storage.linux.dm.DeviceMapper;

/** Everything that a store of this driver has: pool, devices and records. A store that only reads has the records. */
final class Stock {
    private static final Logger log = LoggerFactory.getLogger(Stock.class);

    private final Syscalls linux;
    private final DeviceMapper mapper;
    private final LoopDevices loops;
    private final StoreInfo info;
    private final DevmapperOptions options;
    private final SetFiles files;
    private final Steps steps;

    /** Named by the home's inode, so known once there is a home. */
    private volatile ThinDevices devices;

    private volatile ReaderDevices readers;

    private volatile Pool pool;
    private volatile DeviceSet set;
    private DeletionWorker worker;

    Stock(
            Syscalls linux,
            DeviceMapper mapper,
            LoopDevices loops,
            StoreInfo info,
            DevmapperOptions options,
            Steps steps) {
        this.linux = linux;
        this.mapper = mapper;
        this.loops = loops;
        this.info = info;
        this.options = options;
        this.steps = steps;
        this.files = new SetFiles(info.home());
    }

    DeviceMapper mapper() {
        return mapper;
    }

    SetFiles files() {
        return files;
    }

    StoreInfo info() {
        return info;
    }

    /** Ends what a process that died has left to wait, and writes down what waits from now on. */
    void journal(CookieJournal journal) throws IOException {
        journal.endLeft(mapper);
        mapper.journal(journal);
    }

    /** What the engine puts before the names of all devices of a home. */
    private String prefix() throws IOException {
        var stat = new Stat();
        var result = linux.stat(FileCalls.AT_FDCWD, PathBytes.of(info.home()), 0, stat);
        Errno.check(result, "stat", PathBytes.text(info.home()));
        return "docker-" + Stat.major(stat.device) + ":" + Stat.minor(stat.device) + "-"
                + Long.toUnsignedString(stat.inode);
    }

    private synchronized void name() throws IOException {
        if (devices == null) {
            var prefix = prefix();
            var thin = new ThinPool(mapper, options.thinPool().orElse(prefix + "-pool"));
            pool = new Pool(thin, new PoolFiles(linux, loops, info.home(), options), options, steps);
            readers = new ReaderDevices(linux, mapper, thin, prefix);
            devices = new ThinDevices(mapper, thin, prefix, options.deferredRemoval());
        }
    }

    ThinDevices devices() throws IOException {
        name();
        return devices;
    }

    ReaderDevices readers() throws IOException {
        name();
        return readers;
    }

    Pool pool() throws IOException {
        name();
        return pool;
    }

    /** The set, in a store that writes; brought up again where a cleanup has taken it down. */
    DeviceSet set() throws IOException {
        var current = set;
        return current == null ? start() : current;
    }

    /** Brings the pool up, reads the records, undoes what was cut off, and makes the base device if there is none. */
    synchronized DeviceSet start() throws IOException {
        if (set != null) {
            return set;
        }
        name();
        pool.ensure();
        var next = new DeviceSet(files, pool.thin(), devices, options, steps);
        next.start();
        new BaseDevice(linux, next, pool.thin(), devices, options, steps).ensure();
        set = next;
        if (options.deferredDeletion() && worker == null) {
            worker = new DeletionWorker(this);
            worker.start();
        }
        return next;
    }

    /** The layers, whatever the store may do. */
    Set<String> layers() throws IOException {
        var current = set;
        if (current != null) {
            return current.layers();
        }
        var layers = new HashSet<String>();
        for (var layer : files.layers()) {
            if (exists(layer)) {
                layers.add(layer);
            }
        }
        return layers;
    }

    boolean exists(String layer) throws IOException {
        var current = set;
        if (current != null) {
            return current.layers().contains(layer);
        }
        try {
            return files.device(layer).filter(record -> !record.deleted()).isPresent();
        } catch (StorageException e) {
            return true; // damaged: it is there
        }
    }

    DeviceRecord record(String layer) throws IOException {
        var current = set;
        if (current != null) {
            return current.get(layer);
        }
        return files.device(layer).orElseThrow(() -> StorageException.of(Kind.NOT_FOUND, "There is no layer " + layer));
    }

    /** Removes the block device of a layer that nobody uses. */
    void release(String layer) throws IOException {
        var state = devices().info(layer);
        if (state.exists() && state.suspended()) {
            wake(layer);
        }
        if (state.exists() && state.openCount() == 0) {
            devices().deactivateIfPossible(layer);
        }
    }

    /** Lets the I/O of a device go on that a process suspended before it died. */
    void wake(String layer) throws IOException {
        if (devices().info(layer).suspended()) {
            mapper.resume(devices().name(layer), DeviceMapper.NO_SCAN);
        }
    }

    /** Deletes what was marked for it, each device for itself: one that is still in use stops nothing. */
    void deleteLeft() {
        var current = set;
        if (current == null) {
            return;
        }
        for (var layer : current.deleted()) {
            try {
                if (devices().info(layer).openCount() == 0) {
                    devices().deactivate(layer);
                    current.delete(layer);
                }
            } catch (IOException | RuntimeException e) {
                log.warn("The device of layer {} cannot be deleted yet: {}", layer, e.getMessage());
            }
        }
    }

    /** All layers are unmounted: takes everything down. */
    synchronized void stop() throws IOException {
        var current = set;
        if (current == null) {
            return;
        }
        current.saveNumbers();
        IOException failure = null;
        for (var layer : current.layers()) {
            try {
                devices().deactivate(layer);
            } catch (IOException e) {
                failure = e;
            }
        }
        if (failure != null) {
            throw failure;
        }
        pool.remove();
        // it is brought up again should the store be used on
        set = null;
    }

    synchronized void close() {
        if (worker != null) {
            worker.close();
        }
    }
}
