package storage.selector.gate;

import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import storage.api.LayerFiles;
import storage.api.LayerId;
import storage.api.StorageException;
import storage.api.StorageException.Kind;

/**
 * Files of a layer, opened through the gate. They are the consumer's for as long as it likes, longer than the backend's
 * store may be there: that store's are closed with it, and the next store's are asked for when a file is wanted again.
 * Streams that were handed out go on.
 */
final class GatedFiles implements LayerFiles {
    private static final Logger LOG = LoggerFactory.getLogger(GatedFiles.class);

    private final Exchange exchange;
    private final LayerId layer;
    private final ReentrantLock lock = new ReentrantLock();
    /** Null when there are none of the present store. The three are guarded by {@code lock}. */
    private LayerFiles backends;

    private int generation;
    private boolean closed;

    /** Inside the gate. */
    GatedFiles(Exchange exchange, LayerId layer) throws StorageException {
        this.exchange = exchange;
        this.layer = layer;
        this.generation = exchange.generation();
        this.backends = exchange.inner().store().files(layer);
        exchange.files().add(this);
    }

    @Override
    public InputStream open(String path) throws IOException {
        return exchange.gate().call(() -> {
            lock.lock();
            try {
                return present().open(path);
            } finally {
                lock.unlock();
            }
        });
    }

    private LayerFiles present() throws StorageException {
        if (closed) {
            throw StorageException.of(Kind.CLOSED, "The files of layer " + layer + " were closed", "Ask for them again")
                    .forLayer(layer);
        }
        if (backends == null || generation != exchange.generation()) {
            generation = exchange.generation();
            backends = exchange.inner().store().files(layer);
        }
        return backends;
    }

    /** The backend's store is about to be closed, and nobody is inside. */
    void closeBackends() {
        try {
            release();
        } catch (StorageException e) {
            LOG.warn("The files of layer {} did not close cleanly: {}", layer, e.getMessage());
        }
    }

    private void release() throws StorageException {
        lock.lock();
        try {
            var open = backends;
            backends = null;
            if (open != null) {
                open.close();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Always possible, whatever the gate's state: it waits for nothing but a file that is being opened. */
    @Override
    public void close() throws StorageException {
        exchange.files().remove(this);
        lock.lock();
        try {
            closed = true;
            release();
        } finally {
            lock.unlock();
        }
    }
}
