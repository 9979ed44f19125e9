package storage.devmapper;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import storage.api.StorageException;
import storage.api.StorageException.Kind;
import storage.common.store.Rollback;
import storage.linux.KernelModules;

/** The pool of a store, brought up when it is opened and taken down by a cleanup: a given one, or one on {@link PoolFiles}. */
final class Pool {
    private static final Logger log = LoggerFactory.getLogger(Pool.class);
    private static final Pattern TABLE = Pattern.compile("(\\d+:\\d+) (\\d+:\\d+) (\\d+) .*");
    private static final int SECTOR = 512;

    private final ThinPool pool;
    private final PoolFiles files;
    private final DevmapperOptions options;
    private final Steps steps;

    Pool(ThinPool pool, PoolFiles files, DevmapperOptions options, Steps steps) {
        this.pool = pool;
        this.files = files;
        this.options = options;
        this.steps = steps;
    }

    /** Finds the pool, or makes it. Afterwards it is up, and takes writes. */
    void ensure() throws IOException {
        if (!pool.exists()) {
            if (options.thinPool().isPresent()) {
                throw StorageException.of(
                        Kind.PREREQUISITES,
                        "There is no thin pool " + pool.path(),
                        "Activate its volume group (vgchange -ay), or name the right pool with dm.thinpooldev");
            }
            create();
        } else if (options.thinPool().isEmpty()) {
            adopt();
        }
        var status = pool.status();
        if (status.needsCheck()) {
            throw StorageException.of(
                    Kind.DAMAGED,
                    "The thin pool " + pool.name() + " asks for a check of its metadata",
                    PoolStatus.ADVICE);
        }
    }

    private void create() throws IOException {
        KernelModules.load("dm_thin_pool");
        files.ensure();
        steps.reached("pool files made");
        try (var undo = new Rollback()) {
            var data = files.data();
            undo.add(() -> files.leave(data));
            var metadata = files.metadata();
            undo.add(() -> files.leave(metadata));
            steps.reached("pool files attached");
            pool.create(data.device(), metadata.device(), files.size(data.device()), options.blockSize());
            steps.reached("pool made");
            // both ways: the devices are to go with the pool, or at once
        }
        if (options.usesLoop()) {
            log.warn(
                    "The thin pool {} lies on files, which is slow and not for production: "
                            + "give it a pool of LVM with dm.thinpooldev",
                    pool.name());
        }
    }

    /**
     * Takes over a pool that is up from an earlier process. It may have smaller files than are asked for now; or the process
     * died before it told the devices to go with the pool, or the pool that its device has grown.
     */
    private void adopt() throws IOException {
        var data = dataDevice();
        var metadata = metadataDevice();
        if (data.isPresent()) {
            files.leave(data.get());
            var size = files.size(data.get().toString());
            if (size < options.loopDataSize() || pool.table().length() < size / SECTOR) {
                resize(Math.max(size, options.loopDataSize()));
            }
        }
        if (metadata.isPresent()) {
            files.leave(metadata.get());
        }
    }

    /**
     * Makes the data file of a pool on files larger, and the pool with it, while it is in use.
     *
     * @param bytes the new size, not less than the old one
     */
    void resize(long bytes) throws IOException {
        var file = files.dataFile().filter(each -> options.thinPool().isEmpty());
        if (file.isEmpty()) {
            throw StorageException.of(
                    Kind.NOT_SUPPORTED,
                    "The pool " + pool.name() + " lies on devices that are not ours to make larger",
                    "Use lvextend, which tells the pool");
        }
        var device = files.device(file)
                .orElseThrow(() -> StorageException.of(
                        Kind.INVALID, "The pool " + pool.name() + " does not lie on the file " + file.get()));
        var before = files.size(device.toString());
        if (bytes < before) {
            throw StorageException.of(
                    Kind.INVALID,
                    "The pool " + pool.name() + " has " + before + " bytes and cannot be made smaller",
                    "Ask for more");
        }
        files.lengthen(file.get(), bytes);
        steps.reached("pool file longer");
        files.refresh(device);
        steps.reached("pool device larger");
        var table = pool.table();
        var match = TABLE.matcher(table.parameters());
        if (!match.matches()) {
            throw new IOException("The table of the pool " + pool.name() + " is not understood: " + table);
        }
        pool.load(
                match.group(2), match.group(1), files.size(device.toString()), Long.parseLong(match.group(3)) * SECTOR);
        steps.reached("pool table loaded");
        // whoever uses the pool waits; should the process end here, the next opening goes on with the resize
        pool.suspend();
        steps.reached("pool suspended");
        pool.resume();
        steps.reached("pool larger");
    }

    /** Takes a pool of our own down. Its devices have to be gone. */
    void remove() throws IOException {
        if (options.thinPool().isEmpty() && pool.exists()) {
            ThinDevices.whileBusy("remove the pool " + pool.name(), pool::remove);
        }
    }

    /** The loop devices below the pool. */
    Optional<Path> dataDevice() throws IOException {
        return options.thinPool().isPresent() ? Optional.empty() : files.device(files.dataFile());
    }

    Optional<Path> metadataDevice() throws IOException {
        return options.thinPool().isPresent() ? Optional.empty() : files.device(files.metadataFile());
    }

    PoolFiles files() {
        return files;
    }

    ThinPool thin() {
        return pool;
    }
}
